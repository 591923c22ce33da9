// Notices other programs that compute while we measure: they slow a peer with two threads by far more than their share.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts processor time in ticks of 10 ms. */
const TICK = 0.01;
/** Part of one core that other programs may use. */
const QUIET = 0.1;

/** Seconds that all cores together were busy since the machine started. */
function busySeconds() {
  const busy = ({ times }) => (times.user + times.nice + times.sys + times.irq) / 1000;
  return cpus().reduce((sum, core) => sum + busy(core), 0);
}

/** Seconds that all threads of a process have computed. */
function processSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * TICK;
}

/** Watches turns; `around(pid, work)` resolves to what `work()` does, `report()` gives the share of the turns disturbed. */
export function watchMachine() {
  const shares = []; // of one core that others used, a value for each turn
  return {
    async around(pid, work) {
      if (process.platform !== 'linux') return work();
      const before = { at: performance.now(), busy: busySeconds() - processSeconds(pid) };
      const result = await work();
      const seconds = (performance.now() - before.at) / 1000;
      shares.push((busySeconds() - processSeconds(pid) - before.busy) / seconds);
      return result;
    },
    report() {
      const disturbed = shares.filter((share) => share > QUIET);
      return { turns: shares.length, disturbed: disturbed.length, most: Math.max(0, ...shares) };
    },
  };
}
