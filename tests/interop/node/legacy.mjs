// Suites from before Data Integrity, and COSE, by others: one line of JSON in, one line out.
//
//   {"operation": "sign", "suite": name, "alg": name, "key": {...with secret}, "credential": {...},
//    "documents": {url: {...}}, "created": "..."}  -> {"answer": {...the credential with its proof}}
//   {"operation": "verify", "suite": name, "alg": name, "method": {...}, "credential": {...},
//    "documents": {...}, "now": "..."}  -> {"answer": {"verified": true|false, "errors": [...]}}
//   {"operation": "signCose", "jwk": {...with secret}, "protected": [[label, value], ...], "payload": "...",
//    "kid": "..."}  -> {"answer": base64}
//   {"operation": "verifyCose", "jwk": {...}, "cose": base64}
//     -> {"answer": {"payload": "...", "protected": [[label, value], ...]} or null}
//
// Ed25519Signature2018 is @digitalbazaar's, and so is the class of suites with a JWS that JsonWebSignature2020
// is one of here; its keys are Node's. COSE_Sign1 is @auth0's.
import * as vc from '@digitalbazaar/vc';
import {answer, loaderOf, messages} from './common.mjs';
import {constants, createPrivateKey, createPublicKey, sign, verify} from 'node:crypto';
import {Ed25519Signature2018} from '@digitalbazaar/ed25519-signature-2018';
import {Ed25519VerificationKey2018} from '@digitalbazaar/ed25519-verification-key-2018';
import {JwsLinkedDataSignature} from '@digitalbazaar/jws-linked-data-signature';
import {Sign1} from '@auth0/cose';

const PSS = {padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32};
const RAW = {dsaEncoding: 'ieee-p1363'};
const ALGORITHMS = {
  EdDSA: [null, {}], ES256: ['sha256', RAW], ES384: ['sha384', RAW], PS256: ['sha256', PSS]
};

class JsonWebSignature2020 extends JwsLinkedDataSignature {
  constructor({alg, ...options}) {
    const contextUrl = 'https://w3id.org/security/suites/jws-2020/v1';
    super({type: 'JsonWebSignature2020', alg, contextUrl, ...options});
  }

  async assertVerificationMethod({verificationMethod}) {
    if(verificationMethod.type !== 'JsonWebKey2020') {
      throw new TypeError('not a key of this suite');
    }
  }
}

const suites = {
  async Ed25519Signature2018({key, created}) {
    return new Ed25519Signature2018(key ?
      {key: await Ed25519VerificationKey2018.from(key), date: created} : {});
  },
  async JsonWebSignature2020({alg, key, method, created}) {
    const [hash, options] = ALGORITHMS[alg];
    if(key) {
      const secret = createPrivateKey({key: key.privateKeyJwk, format: 'jwk'});
      const signer = {id: key.id, sign: async ({data}) => sign(hash, data, {key: secret, ...options})};
      return new JsonWebSignature2020({alg, signer, date: created});
    }
    const known = createPublicKey({key: method.publicKeyJwk, format: 'jwk'});
    const verifier = {
      id: method.id,
      verify: async ({data, signature}) => verify(hash, data, {key: known, ...options}, signature)
    };
    return new JsonWebSignature2020({alg, verifier});
  }
};

const operations = {
  async sign(input) {
    return vc.issue({
      credential: input.credential, suite: await suites[input.suite](input),
      documentLoader: loaderOf(input.documents), now: new Date(input.created)
    });
  },
  async verify(input) {
    const {verified, error} = await vc.verifyCredential({
      credential: input.credential, suite: await suites[input.suite](input),
      documentLoader: loaderOf(input.documents), now: new Date(input.now)
    });
    return {verified, errors: messages(error)};
  },
  async signCose({jwk, protected: labels, payload, kid}) {
    const key = createPrivateKey({key: jwk, format: 'jwk'});
    const beside = kid ? [[4, Buffer.from(kid)]] : [];
    const signed = await Sign1.sign(labels, beside, Buffer.from(payload), key);
    return Buffer.from(signed.encode()).toString('base64');
  },
  async verifyCose({jwk, cose}) {
    const key = createPublicKey({key: jwk, format: 'jwk'});
    const found = Sign1.decode(Buffer.from(cose, 'base64'));
    try {
      await found.verify(key);
    } catch {
      return null;
    }
    const labels = [...found.protectedHeaders].map(([name, value]) => [
      name, value instanceof Uint8Array ? Buffer.from(value).toString() : value
    ]);
    return {payload: Buffer.from(found.payload).toString(), protected: labels};
  }
};

await answer(operations);
