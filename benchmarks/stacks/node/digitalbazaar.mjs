// @digitalbazaar/vc with eddsa-rdfc-2022 and eddsa-jcs-2022.
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as jcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import jsigs from 'jsonld-signatures';
import {Held, checkStatus, require} from './held.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {serve} from './line.mjs';

const held = new Held();
const {documentLoader} = held;

async function sign(document, suite) {
  return vc.issue({credential: structuredClone(document), suite, documentLoader, now: held.now});
}

async function verify(document, suite) {
  require(await vc.verifyCredential({credential: document, suite, documentLoader, checkStatus, now: held.now}));
}

const signing = suite => new DataIntegrityProof({signer: held.signer, cryptosuite: suite, date: held.now});

await serve({
  hold: command => held.hold(command, Ed25519Multikey),
  sign: ({document}) => sign(document, signing(cryptosuite)),
  verify: ({document}) => verify(document, new DataIntegrityProof({cryptosuite})),
  sign_jcs: ({document}) => sign(document, signing(jcs.createSignCryptosuite())),
  // A document of any size, which need not be a credential that the library would issue.
  sign_any: ({document}) => jsigs.sign(structuredClone(document), {
    suite: signing(cryptosuite), purpose: new jsigs.purposes.AssertionProofPurpose(), documentLoader
  }),
  verify_jcs: ({document}) =>
    verify(document, new DataIntegrityProof({cryptosuite: jcs.createVerifyCryptosuite()}))
});
