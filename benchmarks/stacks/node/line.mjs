// One JSON command a line in, one JSON answer a line out, with the CPU time of each repetition (see line.py).
import {createInterface} from 'node:readline';

async function repeat(operation, command) {
  const microseconds = [];
  let answer;
  for(let i = 0; i < command.count; ++i) {
    const before = process.cpuUsage();
    answer = await operation(command);
    const {user, system} = process.cpuUsage(before);
    microseconds.push(user + system);
  }
  return {microseconds, answer: answer ?? null};
}

export async function serve(operations) {
  for await (const line of createInterface({input: process.stdin})) {
    const command = JSON.parse(line);
    let answer;
    try {
      answer = await repeat(operations[command.operation], command);
    } catch(error) {
      answer = {error: String(error.stack)};
    }
    console.log(JSON.stringify(answer));
  }
}
