// An identity provider (samlp): a line of JSON in, a line of JSON out.
//   metadata: {issuer, cert, address} -> XML
//   answer: {url, user, options} -> the HTML page that a browser would post on
const readline = require("node:readline");
const samlp = require("samlp");

function respond(middleware, request) {
  return new Promise((resolve, reject) => {
    const response = { set: () => response, send: resolve };
    middleware({ method: "GET", headers: {}, body: {}, ...request }, response, reject);
  });
}

const operations = {
  metadata: ({ issuer, cert, address }) =>
    respond(samlp.metadata({ issuer, cert, redirectEndpointPath: address, postEndpointPath: address }), {
      headers: { host: "idp.example", "x-forwarded-proto": "https" },
      connection: { encrypted: true },
      url: "/metadata",
      originalUrl: "/metadata",
    }),
  answer: ({ url, user, options }) => {
    const query = Object.fromEntries(new URL(url).searchParams);
    const told = { getPostURL: (_audience, request, _req, done) => done(null, request.documentElement.getAttribute("AssertionConsumerServiceURL")) };
    return respond(samlp.auth({ ...told, ...options }), { query, user });
  },
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const asked = JSON.parse(line);
  try {
    process.stdout.write(JSON.stringify({ answer: await operations[asked.operation](asked) }) + "\n");
  } catch (error) {
    process.stdout.write(JSON.stringify({ error: String((error && error.message) || error) }) + "\n");
  }
});
