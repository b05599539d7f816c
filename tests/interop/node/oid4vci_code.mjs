// A wallet app without a screen that lets its person say yes: node oid4vci_code.mjs OFFER CLIENT_ID REDIRECT_URI CONFIGURATION
//
// Takes up the offer by the authorization code (pushed, PKCE, DPoP), prints where its person answers, reads the address it
// is sent back to from the next line, and prints one line of JSON: the token answer, and the badge that it got.
import * as jose from 'jose';
import {Openid4vciClient, setGlobalConfig} from '@openid4vc/openid4vci';
import {clientAuthenticationNone} from '@openid4vc/oauth2';
import crypto from 'node:crypto';
import readline from 'node:readline/promises';

setGlobalConfig({allowInsecureUrls: true}); // http://localhost only
const [offer, clientId, redirectUri, id] = process.argv.slice(2);
const {privateKey, publicKey} = await jose.generateKeyPair('ES256', {extractable: true});
const jwk = await jose.exportJWK(publicKey);
const did = 'did:jwk:' + Buffer.from(JSON.stringify(jwk)).toString('base64url');
const client = new Openid4vciClient({callbacks: {
  fetch,
  hash: (data, name) => crypto.createHash(name.replace('-', '').toLowerCase()).update(data).digest(),
  generateRandom: size => crypto.randomBytes(size),
  clientAuthentication: clientAuthenticationNone({clientId}),
  signJwt: async (_signer, {header, payload}) => ({
    jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(privateKey), signerJwk: jwk
  }),
  verifyJwt: async () => ({verified: false}),
  encryptJwe: () => { throw new Error('not encrypted here'); },
  decryptJwe: () => { throw new Error('not encrypted here'); }
}});
const credentialOffer = await client.resolveCredentialOffer(offer);
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
const dpop = {signer: {method: 'jwk', publicJwk: jwk, alg: 'ES256'}};
const asked = await client.createAuthorizationRequestUrlFromOffer(
  {credentialOffer, issuerMetadata, clientId, redirectUri, scope: id, dpop});
console.log(asked.authorizationRequestUrl);
const lines = readline.createInterface({input: process.stdin});
const {value: returned} = await lines[Symbol.asyncIterator]().next();
const authorizationCode = new URL(returned).searchParams.get('code');
const {accessTokenResponse} = await client.retrieveAuthorizationCodeAccessTokenFromOffer(
  {credentialOffer, issuerMetadata, authorizationCode, redirectUri, pkceCodeVerifier: asked.pkce.codeVerifier, dpop});
const {c_nonce: nonce} = await client.requestNonce({issuerMetadata});
const {jwt} = await client.createCredentialRequestJwtProof({
  issuerMetadata, nonce, credentialConfigurationId: id, signer: {method: 'did', didUrl: did + '#0', alg: 'ES256'}
});
const {credentialResponse} = await client.retrieveCredentials({
  issuerMetadata, accessToken: accessTokenResponse.access_token, credentialConfigurationId: id, proofs: {jwt: [jwt]}, dpop
});
console.log(JSON.stringify({did, given: accessTokenResponse, credential: credentialResponse.credentials[0].credential}));
lines.close();
