// A signing service as the field builds it: node's own HTTP server around @digitalbazaar/vc.
//   POST /issue with {"credential": {...}} -> 201 and the signed credential. What it holds comes on standard input.
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Held} from './held.mjs';
import {createInterface} from 'node:readline';
import {createServer} from 'node:http';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

const held = new Held();
const {documentLoader} = held;

async function issue(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const {credential} = JSON.parse(Buffer.concat(chunks).toString());
  const suite = new DataIntegrityProof({signer: held.signer, cryptosuite, date: held.now});
  return JSON.stringify(await vc.issue({credential, suite, documentLoader, now: held.now}));
}

const server = createServer(async (request, response) => {
  try {
    const body = await issue(request);
    response.writeHead(201, {'content-type': 'application/json'}).end(body);
  } catch(error) {
    response.writeHead(500).end(String(error));
  }
});

for await (const line of createInterface({input: process.stdin})) {
  await held.hold(JSON.parse(line), Ed25519Multikey);
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({answer: server.address().port})));
}
