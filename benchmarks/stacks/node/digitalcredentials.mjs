// @digitalcredentials/vc with eddsa-rdfc-2022.
import * as Ed25519Multikey from '@digitalcredentials/ed25519-multikey';
import * as vc from '@digitalcredentials/vc';
import {Held, checkStatus, require} from './held.mjs';
import {DataIntegrityProof} from '@digitalcredentials/data-integrity';
import {cryptosuite} from '@digitalcredentials/eddsa-rdfc-2022-cryptosuite';
import {serve} from './line.mjs';

const held = new Held();
const {documentLoader} = held;

await serve({
  hold: command => held.hold(command, Ed25519Multikey),
  sign: ({document}) => {
    const suite = new DataIntegrityProof({signer: held.signer, cryptosuite, date: held.now});
    return vc.issue({credential: structuredClone(document), suite, documentLoader, now: held.now});
  },
  verify: async ({document}) => {
    const suite = new DataIntegrityProof({cryptosuite});
    const {now} = held;
    require(await vc.verifyCredential({credential: document, suite, documentLoader, checkStatus, now}));
  }
});
