// Learning Locker's validator of statements, xapi.js as a client, and a cmi5 course of xapi.js in an LMS.
import {createServer} from 'node:http';
import validator from '@learninglocker/xapi-validation';
import XAPI from '@xapi/xapi';
import {createInterface} from 'node:readline';

const validate = validator.default;

const operations = {
  // By place, whether it is a statement in its eyes.
  validate: ({statements}) => statements.map(statement => validate(statement).length === 0),

  async exchange({endpoint, user, password, version, statements}) {
    const client = new XAPI({endpoint, auth: XAPI.toBasicAuth(user, password), version});
    const sent = await client.sendStatement({statement: statements[0]});
    const batch = await client.sendStatements({statements: statements.slice(1)});
    const again = await client.sendStatements({statements});
    const one = await client.getStatement({statementId: sent.data[0]});
    const all = await client.getStatements({limit: 1, verb: statements[0].verb.id});
    const more = await client.getMoreStatements({more: all.data.more});
    const about = await client.getAbout();
    return {
      sent: sent.data, batch: batch.data, again: again.data, one: one.data.id,
      found: [...all.data.statements, ...more.data.statements].map(({id}) => id), about: about.data.version,
    };
  },

  // What each call of the course is answered, or why it failed.
  async course({endpoint, user, password, account, activityId, registration}) {
    const lms = await launchingSystem(endpoint, 'Basic ' + btoa(`${user}:${password}`));
    try {
      globalThis.XMLHttpRequest = (await import('xhr2')).default; // its one build is for browsers
      const {default: Cmi5} = await import('@xapi/cmi5/dist/Cmi5.esm.js');
      const actor = {objectType: 'Agent', account};
      const course = new Cmi5({endpoint: lms.address, fetch: lms.address + 'fetch', actor, activityId, registration});
      const told = {};
      told.initialized = (await course.initialize()).data;
      told.progressed = (await course.progress(50)).data;
      told.completed = (await course.complete()).data;
      told.passed = (await course.pass(0.9)).data;
      told.terminated = (await course.terminate()).data;
      return told;
    } finally {
      lms.server.close();
    }
  },
};

// An LMS that launches a course: it has the documents (State, Agent Profile), and hands statements on.
async function launchingSystem(endpoint, authorization) {
  const template = {contextActivities: {grouping: [{id: 'https://lms.example.org/course/1'}]}, extensions: {}};
  template.extensions['https://w3id.org/xapi/cmi5/context/extensions/sessionid'] = 's-1';
  const documents = {
    '/fetch': {'auth-token': btoa('course:token')},
    '/activities/state': {contextTemplate: template, launchMode: 'Normal', moveOn: 'CompletedAndPassed', masteryScore: 0.8},
    '/agents/profile': {},
  };
  const server = createServer(async (request, response) => {
    const {pathname} = new URL(request.url, 'http://lms');
    if(pathname in documents) {
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify(documents[pathname]));
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    const headers = {authorization, 'content-type': 'application/json', 'x-experience-api-version': '1.0.3'};
    const target = endpoint.replace(/\/$/, '') + request.url;
    const answer = await fetch(target, {method: request.method, headers, body: Buffer.concat(parts)});
    response.statusCode = answer.status;
    response.setHeader('content-type', 'application/json');
    response.end(await answer.text());
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return {server, address: `http://127.0.0.1:${server.address().port}/`};
}

for await (const line of createInterface({input: process.stdin})) {
  const {operation, ...input} = JSON.parse(line);
  try {
    console.log(JSON.stringify({answer: await operations[operation](input)}));
  } catch(error) {
    console.log(JSON.stringify({error: String(error.stack ?? JSON.stringify(error))}));
  }
}
