// The line protocol of a peer in Node; bench/peers/serve.py is the same for Python, bench/peer.mjs the other end.
// {"load": work} is answered {"about": …, "parameters": …}, {"run": steps} {"seconds": …, "value": …}: seconds per step
// and the number that the last step computed. What goes wrong is answered {"error": …}.
import { createInterface } from 'node:readline';

/** `load(work)` resolves to `{ reply, step }`: what to answer, and a function that does one step and gives a number of it. */
export async function serve(load) {
  console.log = console.error; // stdout is for replies alone
  let step;
  const answer = async (request) => {
    if (request.load) {
      const loaded = await load(request.load);
      step = loaded.step;
      return loaded.reply;
    }
    const start = performance.now();
    let value;
    for (let i = 0; i < request.run; i++) value = await step();
    return { seconds: (performance.now() - start) / 1000 / request.run, value };
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(JSON.parse(line)).catch((error) => ({ error: error.message }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
  process.exit(); // threads of a backend would keep it alive
}
