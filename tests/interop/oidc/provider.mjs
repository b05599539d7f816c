// A provider of OpenID Connect (oidc-provider) behind HTTPS: a line of JSON in, a line of JSON out.
//   start: {certificate, client} -> {issuer}     certificate: a file with key and certificate in PEM
//   people: {people} -> null                     what it knows of them: {login: claims}
//   lie: {claims} -> null                        its next ID token says these, under its own signature
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import readline from "node:readline";
import Provider from "oidc-provider";

console.info = console.error; // what it notices is no answer
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
let people = {};
let lie = null;

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function told(token, claims) {
  const [head, payload] = token.split(".");
  const said = JSON.parse(Buffer.from(payload, "base64url"));
  const signed = `${head}.${encoded({ ...said, ...claims })}`;
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
}

async function start({ certificate, client }) {
  const pem = readFileSync(certificate);
  const server = https.createServer({ key: pem, cert: pem });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `https://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
    cookies: { keys: ["of a test"] },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "k1", use: "sig" }] },
    findAccount: (_ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (lie && ctx.body?.id_token) {
      ctx.body.id_token = told(ctx.body.id_token, lie);
      lie = null;
    }
  });
  const answer = provider.callback();
  server.on("request", (request, response) => {
    request.headers.host = new URL(issuer).host; // who asks goes to port 443 alone, and names none
    answer(request, response);
  });
  return { issuer };
}

const operations = {
  start,
  people: (asked) => ((people = asked.people), null),
  lie: (asked) => ((lie = asked.claims), null),
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const asked = JSON.parse(line);
  try {
    process.stdout.write(JSON.stringify({ answer: await operations[asked.operation](asked) }) + "\n");
  } catch (error) {
    process.stdout.write(JSON.stringify({ error: String((error && error.message) || error) }) + "\n");
  }
});
