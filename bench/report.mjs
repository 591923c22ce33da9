// What was measured, as text.
import { ratios, summary } from './statistics.mjs';
import { table } from './table.mjs';
import { WORKS } from './works.mjs';

/** All tables of one run, as text. */
export function report({ machine, subject, peak, targets, results, scaling, disturbance, leftOut }, style) {
  const has = (kind) => results.some(({ measure, peers }) => (measure === 'step') === kind && peers.length > 0);
  const abouts = new Map(results.flatMap(({ peers }) => peers.map(({ name, about }) => [name, about])));
  const limits = machine.peersLimitedToAvx2 ? ', Keras and PyTorch limited to avx2' : '';
  const sections = [
    [
      `${machine.processor}, ${machine.threads} threads, ${machine.vectors ?? 'vectors unknown'}${limits}, ${Math.round(machine.memory / 2 ** 30)} GiB, ${machine.system}, Node ${machine.node}, ${machine.date.slice(0, 10)}`,
      ...[...abouts].map(([name, about]) => `- ${name}: ${about}`),
    ],
    targets.length > 0 ? targetTable(targets, subject, style) : [],
    has(true) ? speedTable(results, subject, peak, style) : [],
    peak ? [`Peak of all threads together: ${peak.toFixed(0)} GFLOPS.`] : [],
    has(false) ? processTable(results, subject, style) : [],
    ...scaling.map((series) => scalingTable(series, style)),
    disturbanceLines(disturbance),
    leftOut.length > 0 ? ['Left out:', ...leftOutLines(results, leftOut)] : [],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const spread = ({ median, min, max }, format) =>
  min === max ? format(median) : `${format(median)} (${format(min)}–${format(max)})`;
const ratioText = (values) => spread(summary(values), (ratio) => ratio.toFixed(2));
const inverse = ({ median, min, max }, factor) => ({ median: factor / median, min: factor / max, max: factor / min });
/** Three digits, or the whole number when it has more. */
const number = (value) => (value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3))));

/** The design's table of speed targets. */
function targetTable(comparisons, subject, style) {
  const rows = comparisons.map(({ work, group, peer, first, goal, ratios: values, reached: state }) => {
    const sign = WORKS[work].measure === 'step' ? '≥' : '≤';
    const measured = values ? [ratioText(values), state] : ['not measured', '–'];
    return [`${WORKS[work].title}, ${subject} ÷ ${peer ?? group}`, `${sign} ${first}`, `${sign} ${goal}`, ...measured];
  });
  return table(['work', 'first target', 'goal', 'ratio: median (min–max)', 'reached'], rows, style);
}

/** Absolute speeds of all peers. `peak` in GFLOPS, where it is known. */
function speedTable(results, subject, peak, style) {
  const rows = results
    .filter(({ measure }) => measure === 'step')
    .flatMap((result) => {
      const own = result.peers.find(({ name }) => name === subject);
      const { batch, title } = WORKS[result.work];
      return result.peers.map(({ name, values }) => {
        const seconds = summary(values);
        const gigaflops = result.flops && (result.flops * batch) / seconds.median / 1e9;
        return [
          title,
          name,
          spread(inverse(seconds, batch), number),
          number(seconds.median * 1000),
          gigaflops ? number(gigaflops) : '–',
          ...(peak ? [gigaflops ? `${((100 * gigaflops) / peak).toFixed(0)} %` : '–'] : []),
          own && name !== subject ? ratioText(ratios('step', own.values, values)) : '–',
        ];
      });
    });
  const columns = ['work', 'peer', 'images/s: median (min–max)', 'ms a step', 'GFLOPS'];
  return table([...columns, ...(peak ? ['of peak'] : []), `${subject} ÷ peer`], rows, { ...style, left: 2 });
}

/** Memory and start-up of all peers. */
function processTable(results, subject, style) {
  const show = {
    memory: (values) => spread(summary(values), (bytes) => `${number(bytes / 2 ** 20)} MiB`),
    start: (values) => spread(summary(values), (seconds) => `${number(seconds)} s`),
  };
  const rows = results
    .filter(({ measure }) => measure !== 'step')
    .flatMap(({ work, measure, peers }) => {
      const own = peers.find(({ name }) => name === subject);
      return peers.map(({ name, values }) => [
        WORKS[work].title,
        name,
        show[measure](values),
        own && name !== subject ? ratioText(ratios(measure, own.values, values)) : '–',
      ]);
    });
  return table(['work', 'peer', 'median (min–max)', `${subject} ÷ peer`], rows, { ...style, left: 2 });
}

/** One series of scaling.mjs: milliseconds a step, and images a second, of each peer. */
function scalingTable({ title, values }, style) {
  const names = [...new Set(values.flatMap(({ peers }) => peers.map(({ name }) => name)))];
  const rows = values.map(({ value, batch, peers }) => [
    String(value),
    ...names.map((name) => {
      const peer = peers.find((each) => each.name === name);
      if (peer === undefined) return 'left out';
      const { median } = summary(peer.values);
      return `${number(median * 1000)} ms, ${number(batch / median)}/s`;
    }),
  ]);
  return table([title, ...names], rows, style);
}

/** A warning when other programs computed meanwhile. */
function disturbanceLines({ turns, disturbed, most }) {
  if (disturbed === 0) return [];
  return [
    `Other programs computed during ${disturbed} of ${turns} turns, with up to ${most.toFixed(1)} cores. Stop them and measure again.`,
  ];
}

/** Who was left out and why, a line for each reason. */
function leftOutLines(results, general) {
  const some = results.flatMap(({ work, leftOut }) =>
    leftOut.map(({ name, reason }) => ({ name: `${name}, ${WORKS[work].title}`, reason })),
  );
  return [...general, ...some].map(({ name, reason }) => `- ${name}: ${reason}`);
}
