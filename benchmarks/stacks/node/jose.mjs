// jose: compact JWS over a credential, as vc+jwt has it. The key is imported once.
import {CompactSign, compactVerify, importJWK} from 'jose';
import {serve} from './line.mjs';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let privateKey;
let publicKey;
let kid;

await serve({
  async hold({jwk, method}) {
    const {d, ...rest} = jwk;
    privateKey = await importJWK(jwk, 'EdDSA');
    publicKey = await importJWK(rest, 'EdDSA');
    kid = method;
  },
  sign_jwt: ({document}) => new CompactSign(encoder.encode(JSON.stringify(document)))
    .setProtectedHeader({alg: 'EdDSA', kid, typ: 'vc+jwt', cty: 'vc'})
    .sign(privateKey),
  async verify_jwt({document}) {
    const {payload} = await compactVerify(document, publicKey, {algorithms: ['EdDSA']});
    JSON.parse(decoder.decode(payload));
  }
});
