// A wallet app without a screen, on the npm client of OpenID4VCI 1.0: node oid4vci.mjs OFFER TX_CODE WRONG_TX_CODE
//
// Takes up the offer in every format, and prints one line of JSON: what it saw on the way, and the credentials by
// configuration. Formats that the client has no name for are asked for with jose alone.
import * as jose from 'jose';
import {Openid4vciClient, setGlobalConfig} from '@openid4vc/openid4vci';
import {clientAuthenticationNone} from '@openid4vc/oauth2';
import crypto from 'node:crypto';

setGlobalConfig({allowInsecureUrls: true}); // http://localhost only
const [offer, txCode, wrong] = process.argv.slice(2);
const {privateKey, publicKey} = await jose.generateKeyPair('ES256', {extractable: true});
const jwk = await jose.exportJWK(publicKey);
const did = 'did:jwk:' + Buffer.from(JSON.stringify(jwk)).toString('base64url');
const client = new Openid4vciClient({callbacks: {
  fetch,
  hash: (data, name) => crypto.createHash(name.replace('-', '').toLowerCase()).update(data).digest(),
  generateRandom: size => crypto.randomBytes(size),
  clientAuthentication: clientAuthenticationNone({clientId: 'a-wallet'}),
  signJwt: async (_signer, {header, payload}) => ({
    jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(privateKey), signerJwk: jwk
  }),
  verifyJwt: async () => ({verified: false}),
  encryptJwe: () => { throw new Error('not encrypted here'); },
  decryptJwe: () => { throw new Error('not encrypted here'); }
}});
const errorOf = error => error.errorResponse?.error ?? String(error);

const credentialOffer = await client.resolveCredentialOffer(offer);
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
const redeem = tx => client.retrievePreAuthorizedCodeAccessTokenFromOffer(
  {credentialOffer, issuerMetadata, txCode: tx});
const told = {version: issuerMetadata.originalDraftVersion, did, jwk, credentials: {}, notified: 0};
told.wrong = await redeem(wrong).then(() => 'taken', errorOf);
const accessToken = (await redeem(txCode)).accessTokenResponse.access_token;
told.again = await redeem(txCode).then(() => 'taken', errorOf);

const byClient = async (id, nonce, format) => {
  const signer = format === 'dc+sd-jwt' ?
    {method: 'jwk', publicJwk: jwk, alg: 'ES256'} : {method: 'did', didUrl: did + '#0', alg: 'ES256'};
  const {jwt} = await client.createCredentialRequestJwtProof(
    {issuerMetadata, nonce, credentialConfigurationId: id, signer});
  return (await client.retrieveCredentials(
    {issuerMetadata, accessToken, credentialConfigurationId: id, proofs: {jwt: [jwt]}})).credentialResponse;
};
const byHand = async (id, nonce) => {
  const jwt = await new jose.SignJWT({nonce, aud: credentialOffer.credential_issuer})
    .setProtectedHeader({alg: 'ES256', typ: 'openid4vci-proof+jwt', kid: did + '#0'}).setIssuedAt().sign(privateKey);
  const answer = await fetch(issuerMetadata.credentialIssuer.credential_endpoint, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', Authorization: `Bearer ${accessToken}`},
    body: JSON.stringify({credential_configuration_id: id, proofs: {jwt: [jwt]}})
  });
  return answer.json();
};
for(const id of credentialOffer.credential_configuration_ids) {
  const {c_nonce: nonce} = await client.requestNonce({issuerMetadata});
  const known = issuerMetadata.knownCredentialConfigurations[id];
  const response = await (known ? byClient(id, nonce, known.format) : byHand(id, nonce));
  told.credentials[id] = response.credentials.map(({credential}) => credential);
  await client.sendNotification({issuerMetadata, accessToken, notification: {
    notificationId: response.notification_id, event: 'credential_accepted'
  }});
  told.notified += 1;
}
console.log(JSON.stringify(told));
