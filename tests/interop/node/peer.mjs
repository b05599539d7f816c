// @digitalbazaar/vc as an independent issuer and verifier: one line of JSON in, one line out.
//
//   {"operation": "verify", "credential": {...}, "documents": {url: {...}}, "now": "..."}
//     -> {"answer": {"verified": true|false, "errors": [...], "bits": [true|false, ...]}}
//        bits: one for each status entry, true when set; `verified` says that the list holds, not what it says
//   {"operation": "sign", "credential": {...}, "documents": {...}, "seed": hex, "created": "..."}
//     -> {"answer": {...the credential with its proof}}
//
// `documents` is all that its document loader has: contexts, DID documents (a method's URL finds the
// method in its document) and status lists. Nothing is fetched.
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {createInterface} from 'node:readline';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

const MULTIKEY_CONTEXT = 'https://w3id.org/security/multikey/v1';

function loaderOf(documents) {
  return async url => {
    const [base, fragment] = url.split('#');
    let document = documents[url] ?? documents[base];
    if(!document) {
      throw new Error(`not among the documents given: ${url}`);
    }
    if(fragment && document.verificationMethod) {
      const method = document.verificationMethod.find(({id}) => id === url);
      if(!method) {
        throw new Error(`no such verification method: ${url}`);
      }
      document = {'@context': MULTIKEY_CONTEXT, ...method};
    }
    return {contextUrl: null, documentUrl: url, document};
  };
}

function messages(error) {
  return error ? (error.errors ?? [error]).flatMap(e => [e.message, ...messages(e.cause)]) : [];
}

const operations = {
  async verify({credential, documents, now}) {
    const result = await vc.verifyCredential({
      credential, documentLoader: loaderOf(documents), checkStatus, now: now && new Date(now),
      suite: new DataIntegrityProof({cryptosuite})
    });
    return {
      verified: result.verified,
      errors: [...messages(result.error), ...messages(result.statusResult?.error)],
      bits: (result.statusResult?.results ?? []).map(({status}) => status)
    };
  },
  async sign({credential, documents, seed, created}) {
    const key = await Ed25519Multikey.generate({seed: Buffer.from(seed, 'hex')});
    key.controller = `did:key:${key.publicKeyMultibase}`;
    key.id = `${key.controller}#${key.publicKeyMultibase}`;
    const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite, date: created});
    return vc.issue({credential, suite, documentLoader: loaderOf(documents), now: new Date(created)});
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
