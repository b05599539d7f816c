// An app without a screen, on the npm client of OAuth 2: node oauth2.mjs ISSUER CLIENT_ID REDIRECT_URI SCOPE RESOURCE
//
// Pushes its request (RFC 9126) with a proof of its key (RFC 9449), prints where its person answers, reads the code from
// the next line, and prints one line of JSON: the tokens, and what the resource answered to them.
import * as jose from 'jose';
import {Oauth2Client, clientAuthenticationNone, resourceRequest, setGlobalConfig} from '@openid4vc/oauth2';
import crypto from 'node:crypto';
import readline from 'node:readline/promises';

setGlobalConfig({allowInsecureUrls: true}); // http://localhost only
const [issuer, clientId, redirectUri, scope, resource] = process.argv.slice(2);
const {privateKey, publicKey} = await jose.generateKeyPair('ES256', {extractable: true});
const publicJwk = await jose.exportJWK(publicKey);
const callbacks = {
  fetch,
  hash: (data, name) => crypto.createHash(name.replace('-', '').toLowerCase()).update(data).digest(),
  generateRandom: size => crypto.randomBytes(size),
  clientAuthentication: clientAuthenticationNone({clientId}),
  signJwt: async (_signer, {header, payload}) => ({
    jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(privateKey), signerJwk: publicJwk
  }),
  verifyJwt: async () => ({verified: false})
};
const client = new Oauth2Client({callbacks});
const authorizationServerMetadata = await client.fetchAuthorizationServerMetadata(issuer);
const dpop = {signer: {method: 'jwk', publicJwk, alg: 'ES256'}};
const asked = await client.createAuthorizationRequestUrl(
  {authorizationServerMetadata, clientId, redirectUri, scope, state: 'a-state', dpop});
console.log(asked.authorizationRequestUrl);
const lines = readline.createInterface({input: process.stdin});
const {value: authorizationCode} = await lines[Symbol.asyncIterator]().next();
const given = (await client.retrieveAuthorizationCodeAccessToken({
  authorizationServerMetadata, authorizationCode, redirectUri, pkceCodeVerifier: asked.pkce.codeVerifier, dpop
})).accessTokenResponse;
const renewed = (await client.retrieveRefreshTokenAccessToken(
  {authorizationServerMetadata, refreshToken: given.refresh_token, dpop})).accessTokenResponse;
const shown = await resourceRequest(
  {url: resource, requestOptions: {method: 'GET'}, accessToken: renewed.access_token, callbacks, dpop});
const stolen = await fetch(resource, {headers: {Authorization: `Bearer ${renewed.access_token}`}});
console.log(JSON.stringify(
  {given, renewed, status: shown.response?.status, body: await shown.response?.json(), stolen: stolen.status}));
lines.close();
