// What a learner, a reader on GitHub and a reviewer may rely on in every lesson.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

interface Output {
  output_type: string;
  name?: string;
  data?: Record<string, unknown>;
}
interface Cell {
  cell_type: 'markdown' | 'code';
  source: string | string[];
  execution_count?: number | null;
  outputs?: Output[];
}

const FOLDER = 'notebooks';
const LESSONS = readdirSync(FOLDER).filter((name) => /^\d\d-.*\.ipynb$/.test(name));
const MOST_BYTES = 300_000;
/** A cell that is longer holds more than one idea. */
const MOST_LINES = 18;
const LONGEST_LINE = 140;
const PLOTLY = 'application/vnd.plotly.v1+json';

const textOf = (value: string | string[]) => (Array.isArray(value) ? value.join('') : value);
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

for (const name of LESSONS) {
  const path = join(FOLDER, name);
  const text = readFileSync(path, 'utf8');
  const { cells, metadata } = JSON.parse(text) as { cells: Cell[]; metadata: Record<string, string> };
  const sources = cells.map(({ cell_type, source }) => ({ type: cell_type, source: textOf(source) }));
  const code = sources.filter(({ type }) => type === 'code').map(({ source }) => source);
  const prose = sources.filter(({ type }) => type === 'markdown').map(({ source }) => source);
  const outputs = cells.flatMap((cell) => cell.outputs ?? []);

  describe(name, () => {
    it('holds the outputs of its present cells (else: npm run notebooks -- --write)', () => {
      const hash = createHash('sha256')
        .update(code.map((source) => `${source}\0`).join(''))
        .digest('hex');
      assert.equal(metadata.outputs_of, hash);
      const counts = cells.filter(({ cell_type }) => cell_type === 'code').map((cell) => cell.execution_count);
      assert.deepEqual(
        counts,
        code.map((_, i) => i + 1),
        'run once, from the top',
      );
    });

    it('shows no error and nothing of the machine that ran it', () => {
      assert.ok(outputs.every(({ output_type, name: stream }) => output_type !== 'error' && stream !== 'stderr'));
      const shown = JSON.stringify(outputs).replace(/data:image\/png;base64,[\w+/=]+/g, '');
      assert.doesNotMatch(shown, /file:\/\/|\/(home|root|tmp|Users|work)\/|[A-Z]:\\\\/);
    });

    it('has Emoji-10 only in its pictures, each as Plotly JSON, as SVG and in words, in less than 300 KB', () => {
      const loaded = outputs.filter(({ data, name: stream }) => data === undefined && stream === 'stdout');
      const told = JSON.stringify(loaded);
      assert.doesNotMatch(told, /CIFAR-10: [\d,]+ training/);
      assert.match(told, /Emoji-10: [\d,]+ training/);
      const figures = outputs.filter(({ data }) => data !== undefined && PLOTLY in data);
      assert.ok(figures.length > 0);
      for (const { data = {} } of figures)
        assert.deepEqual(Object.keys(data).sort(), [PLOTLY, 'image/svg+xml', 'text/plain'].sort());
      assert.ok(statSync(path).size < MOST_BYTES, `${statSync(path).size} bytes`);
    });

    it('keeps to the style: what you will be able to do, one idea a cell, predictions, summary, exercises, next', (t) => {
      const lines = code.map((source) => source.split('\n').length);
      const proseLines = prose.map((source) => source.split('\n').filter(Boolean).length);
      t.diagnostic(
        `${code.length} code cells, ${median(lines)} lines at the median, ${Math.max(...lines)} at most; ${prose.length} of prose, ${median(proseLines)} lines at the median`,
      );
      for (const [i, source] of code.entries()) {
        assert.ok(lines[i] <= MOST_LINES, `${lines[i]} lines: ${source}`);
        for (const line of source.split('\n'))
          assert.ok(line.length <= LONGEST_LINE, `${line.length} characters: ${line}`);
      }
      assert.ok(median(lines) <= 8, `a code cell has ${median(lines)} lines at the median`);
      assert.match(prose[0], new RegExp(`^# ${name.slice(0, 2)} · `));
      assert.match(prose[0], /\*\*You will be able to\*\*[\s\S]*\*\*Time:\*\*/);
      assert.ok(
        prose.some((source) => source.includes('**Predict')),
        'the learner predicts before running',
      );
      const headings = prose.flatMap((source) => [...source.matchAll(/^## (.*)$/gm)].map((match) => match[1]));
      const numbered = headings.filter((heading) => /^\d/.test(heading));
      assert.deepEqual(
        numbered.map((heading) => Number.parseInt(heading, 10)),
        numbered.map((_, i) => i + 1),
      );
      assert.deepEqual(headings.slice(-3), ['Summary', 'What the usual article leaves out', 'Exercises']);
      assert.match(code.slice(0, 3).join('\n'), /process\.version/, 'the first cells print the environment');
      for (const [, target] of prose.join('\n').matchAll(/\]\((?!http)([^)#]+)\)/g)) {
        assert.ok(existsSync(join(FOLDER, target)), `${target} is not there`);
      }
    });
  });
}

describe('the glossary', () => {
  it('explains words that its lessons use, in alphabetical order', () => {
    const rows = [
      ...readFileSync(join(FOLDER, 'glossary.md'), 'utf8').matchAll(/^\| \*([^*]+)\* \|.*\| ([\d, ]+) \|$/gm),
    ];
    assert.ok(rows.length > 40);
    const words = rows.map(([, word]) => word.toLowerCase());
    assert.deepEqual(
      words,
      [...words].sort((a, b) => a.localeCompare(b)),
    );
    for (const [, word, lessons] of rows) {
      for (const number of lessons.split(', ')) {
        const lesson = LESSONS.find((name) => name.startsWith(number));
        if (lesson === undefined) continue; // a lesson that is still to come
        const stem = word
          .toLowerCase()
          .replace(/s$/, '')
          .replace('normalisation', 'normalis')
          .replace('optimiser', 'optimi');
        assert.ok(
          readFileSync(join(FOLDER, lesson), 'utf8').toLowerCase().includes(stem),
          `${lesson} has no '${word}'`,
        );
      }
    }
  });
});
