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
import {answer, loaderOf, messages} from './common.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

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

await answer(operations);
