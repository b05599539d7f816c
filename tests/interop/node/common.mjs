// What the peers share: a document loader over given documents, and answering line by line.
import {createInterface} from 'node:readline';

const MULTIKEY_CONTEXT = 'https://w3id.org/security/multikey/v1';

// A document loader that has `documents` and nothing else; a method's URL finds it in its DID's document.
export function loaderOf(documents) {
  return async url => {
    const [base, fragment] = url.split('#');
    let document = documents[url] ?? documents[base];
    if(!document) {
      throw new Error(`not among the documents given: ${url}`);
    }
    if(fragment && document.verificationMethod) {
      const method = document.verificationMethod.find(({id}) => id === url);
      if(!method) {
        throw new Error(`no such verification method: ${url}`);
      }
      document = {'@context': MULTIKEY_CONTEXT, ...method};
    }
    return {contextUrl: null, documentUrl: url, document};
  };
}

export function messages(error) {
  return error ? (error.errors ?? [error]).flatMap(e => [e.message, ...messages(e.cause)]) : [];
}

// One line of JSON out for each one in, as `operations` has it.
export async function answer(operations) {
  for await (const line of createInterface({input: process.stdin})) {
    const {operation, ...input} = JSON.parse(line);
    try {
      console.log(JSON.stringify({answer: await operations[operation](input)}));
    } catch(error) {
      console.log(JSON.stringify({error: String(error.stack)}));
    }
  }
}
