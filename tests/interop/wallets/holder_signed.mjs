// A headless OpenID4VP 1.0 wallet that reads signed requests by a did:key and answers encrypted:
// node holder_signed.mjs LINK SD_JWT PRIVATE_JWK_JSON ED25519_PUBLIC_JWK_JSON
import crypto from 'node:crypto'
import * as jose from 'jose'
import { Openid4vpClient } from '@openid4vc/openid4vp'
import { setGlobalConfig } from '@openid4vc/oauth2'
setGlobalConfig({ allowInsecureUrls: true })
const [link, sdJwt, jwkText, verifierText] = process.argv.slice(2)
const no = () => { throw new Error('not needed here') }
const hash = (d, a) => crypto.createHash(a.replace('-', '').toLowerCase()).update(d).digest()
const verifierJwk = JSON.parse(verifierText)
const callbacks = { fetch, hash, signJwt: no, decryptJwe: no, getX509CertificateMetadata: no,
  verifyJwt: async (_signer, { compact }) => {
    await jose.compactVerify(compact, await jose.importJWK(verifierJwk, 'EdDSA'))
    return { verified: true, signerJwk: verifierJwk } },
  encryptJwe: async (to, payload) => {
    const key = await jose.importJWK(to.publicJwk, 'ECDH-ES')
    const jwe = await new jose.CompactEncrypt(new TextEncoder().encode(payload)).setProtectedHeader({ alg: to.alg, enc: to.enc, kid: to.publicJwk.kid, ...(to.apv ? { apv: to.apv } : {}), ...(to.apu ? { apu: to.apu } : {}) }).encrypt(key)
    return { jwe, encryptionJwk: to.publicJwk } } }
const client = new Openid4vpClient({ callbacks })
const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link })
const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: parsed.params, responseMode: { type: 'direct_post' } })
const req = resolved.authorizationRequestPayload
console.log(JSON.stringify({ step: 'request', prefix: resolved.client.prefix, mode: req.response_mode, signed: !!resolved.jar }))
const key = await jose.importJWK(JSON.parse(jwkText), 'ES256')
const kb = await new jose.SignJWT({ iat: Math.floor(Date.now() / 1000), aud: req.client_id, nonce: req.nonce, sd_hash: hash(sdJwt, 'sha-256').toString('base64url') }).setProtectedHeader({ alg: 'ES256', typ: 'kb+jwt' }).sign(key)
const id = resolved.dcql.query.credentials.find((one) => one.format === 'dc+sd-jwt').id
const made = await client.createOpenid4vpAuthorizationResponse({ authorizationRequestPayload: req, authorizationResponsePayload: { vp_token: { [id]: [sdJwt + kb] } }, jarm: { encryption: { nonce: crypto.randomBytes(16).toString('base64url') }, serverMetadata: { authorization_encryption_alg_values_supported: ['ECDH-ES'], authorization_encryption_enc_values_supported: ['A256GCM', 'A128GCM'] } } })
const sent = await client.submitOpenid4vpAuthorizationResponse({ authorizationRequestPayload: req, authorizationResponsePayload: made.authorizationResponsePayload, jarm: made.jarm })
console.log(JSON.stringify({ step: 'answer', status: sent.response.status, body: (await sent.response.text()).slice(0, 300) }))
