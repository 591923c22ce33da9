// What every assignment must have, by its source alone.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readJson } from '../helpers/vectors';
import { assignments, SOURCE } from './course';
import { type Cell, idOf, readNotebook, sourceOf } from './notebook';

/** Numbers of real Keras; tests/keras/make_exercise_vectors.py asked for them. */
const VECTORS = readJson<Record<string, unknown>>('exercises');

const pointsOf = (cells: Cell[]) => cells.reduce((sum, { metadata }) => sum + (metadata.nbgrader?.points ?? 0), 0);

it('there is an assignment for each of the lessons 01 to 06', () => {
  assert.deepEqual(
    assignments().map((name) => name.slice(0, 2)),
    ['01', '02', '03', '04', '05', '06'],
  );
});

for (const assignment of assignments())
  describe(assignment, () => {
    const { cells } = readNotebook(join(SOURCE, assignment, `${assignment}.ipynb`));
    const named = new Map(cells.map((cell) => [idOf(cell), cell]));
    const tasks = cells.filter(({ metadata }) => metadata.nbgrader?.solution);

    it('has four tasks or more, and each cell a name of its own', () => {
      assert.ok(tasks.length >= 4, `${tasks.length}`);
      assert.equal(named.size, cells.length);
    });

    for (const task of tasks) {
      const id = idOf(task) as string;
      it(`states, hints at, solves, explains and checks ${id}`, () => {
        const statement = cells
          .slice(0, cells.indexOf(task))
          .filter(({ cell_type }) => cell_type === 'markdown')
          .at(-1) as Cell;
        assert.match(sourceOf(statement), /^## \d /);
        assert.match(sourceOf(statement), /<details><summary>Hint 1<\/summary>/);
        assert.match(sourceOf(task), /\/\/ BEGIN SOLUTION\n +\/\/ \w[\s\S]*\/\/ END SOLUTION/);
        const [visible, hidden] = [named.get(`check-${id}`), named.get(`hidden-${id}`)];
        assert.ok(visible && hidden);
        assert.ok(pointsOf([visible]) > 0 && pointsOf([hidden]) > 0);
        assert.doesNotMatch(sourceOf(visible), /HIDDEN/);
        assert.match(sourceOf(hidden), /\/\/ BEGIN HIDDEN TESTS[\s\S]*\/\/ END HIDDEN TESTS$/);
      });
    }

    it('names the points of each check in its metadata and in its call of grade alike', () => {
      for (const cell of cells.filter(({ metadata }) => metadata.nbgrader?.grade)) {
        const [, points] = /await check\.grade\((\d+), \{/.exec(sourceOf(cell)) ?? [];
        assert.equal(Number(points), cell.metadata.nbgrader?.points, idOf(cell));
      }
    });

    it('is without outputs', () => {
      assert.doesNotMatch(JSON.stringify(cells), /"outputs":\[[^\]]|"execution_count":\d/);
    });
  });

it('every number that Keras gave stands in a check', () => {
  const text = assignments()
    .flatMap((assignment) => readNotebook(join(SOURCE, assignment, `${assignment}.ipynb`)).cells)
    .map(sourceOf)
    .join('\n');
  const written = new Set(text.match(/-?\d+(\.\d+)?(e-?\d+)?/g)?.map(Number));
  const leaves = (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value];
  const { keras: _, counts, ...others } = VECTORS;
  const totals = Object.values(counts as Record<string, [total: number, trainable: number]>).map(([total]) => total);
  const numbers = [...leaves(others), ...totals] as number[];
  assert.ok(numbers.length > 100, `${numbers.length}`);
  assert.deepEqual(
    numbers.filter((number) => !written.has(number)),
    [],
  );
});
