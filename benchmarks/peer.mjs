// The peer: @digitalbazaar/vc with eddsa-rdfc-2022. Reads one JSON command a line, answers one JSON line.
// Run in the folder that has the packages. Contexts and DID documents are held in memory, as ours are; nothing is fetched.
import {createInterface} from 'node:readline';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const require = createRequire(process.cwd() + '/');
const load = name => import(pathToFileURL(require.resolve(name)).href);

const vc = await load('@digitalbazaar/vc');
const {DataIntegrityProof} = await load('@digitalbazaar/data-integrity');
const {cryptosuite} = await load('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const Ed25519Multikey = await load('@digitalbazaar/ed25519-multikey');

const documents = new Map();
const documentLoader = async url => {
  const [base] = url.split('#');
  const document = documents.get(url) ?? documents.get(base);
  if(!document) {
    throw new Error(`not held: ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document};
};

let signer;
let now;
const checkStatus = async () => ({verified: true});

const operations = {
  async hold({entries, key, date}) {
    now = new Date(date);
    for(const [url, document] of Object.entries(entries)) {
      documents.set(url, document);
    }
    signer = (await Ed25519Multikey.from(key)).signer();
    return true;
  },
  async sign({document}) {
    const suite = new DataIntegrityProof({signer, cryptosuite, date: now});
    return vc.issue({credential: structuredClone(document), suite, documentLoader, now});
  },
  async verify({document}) {
    const suite = new DataIntegrityProof({cryptosuite});
    const result = await vc.verifyCredential({credential: document, suite, documentLoader, checkStatus, now});
    if(!result.verified) {
      throw new Error(JSON.stringify(result.error?.errors?.map(error => error.message) ?? String(result.error)));
    }
    return true;
  }
};

for await (const line of createInterface({input: process.stdin})) {
  const {operation, count, ...input} = JSON.parse(line);
  try {
    const microseconds = [];
    let answer;
    for(let i = 0; i < count; ++i) {
      const before = process.cpuUsage();
      answer = await operations[operation](input);
      const {user, system} = process.cpuUsage(before);
      microseconds.push(user + system);
    }
    console.log(JSON.stringify({answer: {microseconds, answer}}));
  } catch(error) {
    console.log(JSON.stringify({error: error.stack}));
  }
}
