const LEAST = 4000; // tfjs-core 4.22 has 4,232 specs; a bundle that lost them must not pass
const SHOWN = 20;

/** Specs that tfjs-core itself declares for the backend named cpu alone. */
const CPU_ALONE = /^Switching cpu backends /;

/** Results by name; where several specs share a name, the second becomes `name (2)`. */
function byName(results) {
  const named = new Map();
  for (const result of results) {
    let [name, count] = [result.name, 1];
    while (named.has(name)) name = `${result.name} (${++count})`;
    named.set(name, { ...result, name });
  }
  return named;
}

/** What fails on the backend and not on cpu, and what passes on cpu and does not even run on the backend. */
export function findRegressions(reference, tested) {
  const [expected, received] = [byName(reference), byName(tested)];
  const failed = [...received.values()].filter(
    ({ name, status }) => status === 'failed' && expected.get(name)?.status !== 'failed',
  );
  const unrun = [...expected.values()].filter(({ name, status }) => {
    const ours = received.get(name)?.status ?? 'missing';
    return status === 'passed' && ours !== 'passed' && ours !== 'failed' && !CPU_ALONE.test(name);
  });
  return [...failed, ...unrun.map((result) => ({ ...result, message: 'it did not run' }))];
}

export const enough = (reference) => count(reference, 'passed') >= LEAST;

const count = (results, status) => results.filter((result) => result.status === status).length;
const shorten = (message) => message.replace(/\s+/g, ' ').slice(0, 200);

function countsOn(backend, { results, seconds }) {
  const parts = ['passed', 'failed', 'pending'].map((status) => [count(results, status), status]);
  const counts = parts.filter(([n]) => n > 0).map(([n, status]) => `${n} ${status === 'pending' ? 'skipped' : status}`);
  return `${results.length} specs on ${backend} in ${seconds.toFixed(1)} s: ${counts.join(', ')}`;
}

/** One paragraph, and a line for each regression. */
export function summarise(backend, reference, tested, regressions) {
  const skipped = tested.results.filter(({ status }) => status === 'pending').map(({ name }) => `'${name}'`);
  const verdict = enough(reference.results)
    ? `${regressions.length || 'None'} that cpu passes ${regressions.length === 1 ? 'fails' : 'fail'} on ${backend}.`
    : `The bundle is broken: at least ${LEAST} specs should pass on cpu.`;
  const summary = `tfjs-core's conformance suite: ${countsOn('cpu', reference)}; ${countsOn(backend, tested)}. The suite itself skips ${skipped.join(', ') || 'nothing'}. ${verdict}`;
  const lines = regressions.slice(0, SHOWN).map(({ name, message }) => `  ${name}: ${shorten(message)}`);
  const more = regressions.length > SHOWN ? [`  … and ${regressions.length - SHOWN} more`] : [];
  return [summary, ...lines, ...more].join('\n');
}
