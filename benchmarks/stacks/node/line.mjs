// One JSON command a line in, one JSON answer a line out, with the CPU time of each repetition (see line.py).
import {createInterface} from 'node:readline';

async function repeat(operation, inputs) {
  const microseconds = [];
  let answer;
  for(const given of inputs) {
    const before = process.cpuUsage();
    answer = await operation(given);
    const {user, system} = process.cpuUsage(before);
    microseconds.push(user + system);
  }
  return {microseconds, answers: [answer ?? null]};
}

export async function serve(operations) {
  for await (const line of createInterface({input: process.stdin})) {
    const command = JSON.parse(line);
    let answer;
    try {
      answer = await repeat(operations[command.operation], command.inputs);
    } catch(error) {
      answer = {error: String(error.stack)};
    }
    console.log(JSON.stringify(answer));
  }
}
