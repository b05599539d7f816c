// A headless OpenID4VP 1.0 wallet: node holder.mjs LINK SD_JWT PRIVATE_JWK_JSON [wrong-aud|wrong-nonce]. For OUR verifier, and to try verifier.mjs.
import crypto from 'node:crypto'
import * as jose from 'jose'
import { Openid4vpClient } from '@openid4vc/openid4vp'
import { setGlobalConfig } from '@openid4vc/oauth2'
setGlobalConfig({ allowInsecureUrls: true })
const [link, sdJwt, jwkText, fault] = process.argv.slice(2)
const no = () => { throw new Error('not needed here') }
const hash = (d, a) => crypto.createHash(a.replace('-', '').toLowerCase()).update(d).digest()
const client = new Openid4vpClient({ callbacks: { fetch, hash, signJwt: no, encryptJwe: no, decryptJwe: no, verifyJwt: async () => ({ verified: false }), getX509CertificateMetadata: no } })
const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link }).params, responseMode: { type: 'direct_post' } })
const req = resolved.authorizationRequestPayload
console.log(JSON.stringify({ step: 'request', client: resolved.client, dcql: !!resolved.dcql, nonce: req.nonce.length }))
const key = await jose.importJWK(JSON.parse(jwkText), 'ES256')
const kb = await new jose.SignJWT({ iat: Math.floor(Date.now() / 1000), aud: fault === 'wrong-aud' ? 'redirect_uri:https://other.example/' : req.client_id, nonce: fault === 'wrong-nonce' ? 'stale' : req.nonce, sd_hash: hash(sdJwt, 'sha-256').toString('base64url') }).setProtectedHeader({ alg: 'ES256', typ: 'kb+jwt' }).sign(key)
const made = await client.createOpenid4vpAuthorizationResponse({ authorizationRequestPayload: req, authorizationResponsePayload: { vp_token: { [resolved.dcql.query.credentials.find((one) => one.format === 'dc+sd-jwt').id]: [sdJwt + kb] } } })
const sent = await client.submitOpenid4vpAuthorizationResponse({ authorizationRequestPayload: req, authorizationResponsePayload: made.authorizationResponsePayload })
console.log(JSON.stringify({ step: 'answer', status: sent.response.status, body: (await sent.response.text()).slice(0, 200) }))
