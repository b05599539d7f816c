// @digitalbazaar's other suites as independent issuer, holder and verifier: one line of JSON in, one out.
//
//   {"operation": "sign", "suite": name, "key": {...Multikey with secret}, "credential": {...},
//    "documents": {url: {...}}, "created": "...", "mandatory": [pointer, ...]}
//     -> {"answer": {...the credential with its proof}}     mandatory: for ecdsa-sd-2023
//   {"operation": "derive", "credential": {...}, "documents": {...}, "pointers": [...]}
//     -> {"answer": {...what its holder shows}}
//   {"operation": "verify", "suite": name, "credential": {...}, "documents": {...}, "now": "..."}
//     -> {"answer": {"verified": true|false, "errors": [...]}}
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {answer, loaderOf, messages} from './common.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';

function suiteOf(name, {signer, date, mandatory} = {}) {
  if(name === 'Ed25519Signature2020') {
    return new Ed25519Signature2020({signer, date});
  }
  if(name === 'ecdsa-rdfc-2019') {
    return new DataIntegrityProof({cryptosuite: ecdsaRdfc, signer, date});
  }
  const cryptosuite = signer ?
    ecdsaSd.createSignCryptosuite({mandatoryPointers: mandatory}) : ecdsaSd.createVerifyCryptosuite();
  return new DataIntegrityProof({cryptosuite, signer, date});
}

const operations = {
  async sign({suite, key, credential, documents, created, mandatory}) {
    const from = suite === 'Ed25519Signature2020' ? Ed25519Multikey.from : EcdsaMultikey.from;
    const signer = (await from(key)).signer();
    return vc.issue({
      credential, documentLoader: loaderOf(documents), now: new Date(created),
      suite: suiteOf(suite, {signer, date: created, mandatory})
    });
  },
  async derive({credential, documents, pointers}) {
    const cryptosuite = ecdsaSd.createDiscloseCryptosuite({selectivePointers: pointers});
    const suite = new DataIntegrityProof({cryptosuite});
    return vc.derive({verifiableCredential: credential, suite, documentLoader: loaderOf(documents)});
  },
  async verify({suite, credential, documents, now}) {
    const {verified, error} = await vc.verifyCredential({
      credential, documentLoader: loaderOf(documents), now: new Date(now), suite: suiteOf(suite)
    });
    return {verified, errors: messages(error)};
  }
};

await answer(operations);
