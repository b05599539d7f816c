// The npm package jose as an independent signer and verifier of JWT: one line of JSON in, one line out.
//
//   {"operation": "verify", "token": "...", "jwk": {...}, "typ": "vc+jwt", "now": "...", "audience": "..."?}
//     -> {"answer": {"verified": true, "payload": {...}, "header": {...}} or {"verified": false, "error": "..."}}
//   {"operation": "sign", "payload": {...}, "header": {...}, "jwk": {... private ...}}
//     -> {"answer": "the compact token"}
import {SignJWT, importJWK, jwtVerify} from 'jose';
import {createInterface} from 'node:readline';

const operations = {
  async verify({token, jwk, alg, typ, now, audience}) {
    try {
      const options = {typ, algorithms: [alg], currentDate: new Date(now), audience};
      const {payload, protectedHeader} = await jwtVerify(token, await importJWK(jwk, alg), options);
      return {verified: true, payload, header: protectedHeader};
    } catch(error) {
      return {verified: false, error: String(error)};
    }
  },
  async sign({payload, header, jwk}) {
    return new SignJWT(payload).setProtectedHeader(header).sign(await importJWK(jwk, header.alg));
  }
};

for await (const line of createInterface({input: process.stdin})) {
  const {operation, ...input} = JSON.parse(line);
  try {
    console.log(JSON.stringify({answer: await operations[operation](input)}));
  } catch(error) {
    console.log(JSON.stringify({error: String(error.stack)}));
  }
}
