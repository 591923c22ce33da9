// npm run bench: our backend and the other libraries side by side on this machine; --help lists the options.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { command } from '../scripts/setup.mjs';
import { choosePeers } from './choose.mjs';
import { watchMachine } from './disturbance.mjs';
import { machine } from './machine.mjs';
import { measure } from './measure.mjs';
import { readOptions, USAGE } from './options.mjs';
import { measurePeak } from './peak.mjs';
import { report } from './report.mjs';
import { measureScaling } from './scaling.mjs';
import { compareWithTargets } from './targets.mjs';
import { WORKS } from './works.mjs';

await command(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  const watch = watchMachine();
  const settings = { ...options, watch, threads: availableParallelism(), say: (text) => console.error(text) };
  const { peers, leftOut } = await choosePeers(options, settings.say);
  const subject = peers[0].name;

  const peak = await measurePeak(settings.threads);
  const results = [];
  for (const work of options.works) {
    settings.say(WORKS[work].title);
    results.push({ work, measure: WORKS[work].measure, ...(await measure(WORKS[work], peers, settings)) });
  }
  const scaling = options.scaling ? await measureScaling(peers, settings) : [];

  const measured = {
    machine: machine(settings.threads, options),
    subject,
    peak,
    targets: compareWithTargets(results, subject),
    results,
    scaling,
    disturbance: watch.report(),
    leftOut,
  };
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(measured, null, 2)}\n`);
  console.log(`\n${report(measured, { markdown: options.markdown })}`);
});
