// Learning Locker's validator of statements, and xapi.js as a client.
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
};

for await (const line of createInterface({input: process.stdin})) {
  const {operation, ...input} = JSON.parse(line);
  try {
    console.log(JSON.stringify({answer: await operations[operation](input)}));
  } catch(error) {
    console.log(JSON.stringify({error: String(error.stack ?? JSON.stringify(error))}));
  }
}
