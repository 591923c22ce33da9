import { readFileSync } from 'node:fs';
import type { PlottedHistory } from 'resnet-lab';

/** The measures in a log that `npm run train -- --log FILE` wrote: numbers between commas, a line for each epoch. */
export function readLog(file: string): PlottedHistory {
  const [names, ...lines] = readFileSync(file, 'utf8')
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  const column = (name: string) => lines.map((line) => Number(line[names.indexOf(name)]));
  const measured = names.filter(
    (name) => name !== 'epoch' && !lines.some((line) => line[names.indexOf(name)] === 'NA'),
  );
  return { epoch: column('epoch'), history: Object.fromEntries(measured.map((name) => [name, column(name)])) };
}
