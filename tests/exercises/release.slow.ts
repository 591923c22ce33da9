// What students are given: without solutions, and of use in a folder of its own, with nothing but npm and tslab.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';
import { printed, runKernel } from '../helpers/jupyter';
import { makeStockKernelspec } from '../helpers/kernelspec';
import { npm } from '../helpers/npm';
import { assignments, copyCourse, exercises, SOURCE, solve } from './course';
import { idOf, readNotebook, sourceOf } from './notebook';

describe('what students are given', () => {
  const course = copyCourse(assignments());
  const student = temporaryFolder();
  const kernels = makeStockKernelspec(student);
  const pathOf = (assignment: string) => join(course, 'release', assignment, `${assignment}.ipynb`);
  before(async () => {
    const { code, stderr } = await exercises(course, ['release']);
    assert.equal(code, 0, stderr);
  });

  for (const assignment of assignments())
    it(`says nothing of the solutions and hidden checks of ${assignment}`, () => {
      const source = readNotebook(join(SOURCE, assignment, `${assignment}.ipynb`));
      const given = readNotebook(pathOf(assignment));
      const text = given.cells.map(sourceOf).join('\n');
      assert.doesNotMatch(text, /BEGIN|END SOLUTION|HIDDEN/);
      const known = source.cells.map((cell) => sourceOf(cell).replace(/BEGIN [\s\S]*?END/g, '')).join('\n');
      for (const cell of source.cells) {
        const id = idOf(cell) as string;
        for (const [, secret] of sourceOf(cell).matchAll(/\/\/ BEGIN .*\n([\s\S]*?)\/\/ END/g))
          for (const line of secret.split('\n').map((each) => each.trim()))
            if (line.length > 60 && !known.includes(line)) assert.ok(!text.includes(line), `${id}: ${line}`);
        const ofStudent = given.cells.find((each) => idOf(each) === id);
        assert.ok(ofStudent, id);
        if (id.startsWith('hidden-')) assert.equal(sourceOf(ofStudent).trim().split('\n').length, 1, id);
        if (cell.metadata.nbgrader?.solution)
          assert.match(sourceOf(ofStudent), /throw new Error\('To be written\.'\);/);
      }
    });

  it('is refused when a file beside the notebook would show a solution', async () => {
    const leaking = copyCourse(['01-data']);
    const folder = join(leaking, 'source', '01-data');
    const task = readNotebook(join(folder, '01-data.ipynb')).cells.find((cell) => idOf(cell) === 'readRecord');
    assert.ok(task);
    writeFileSync(join(folder, 'notes.ts'), sourceOf(task));
    const { code, stderr } = await exercises(leaking, ['release', '01-data']);
    assert.equal(code, 1);
    assert.match(stderr, /01-data was not released: notes\.ts would show '.+' of a solution or hidden check\./);
    assert.equal(existsSync(join(leaking, 'release', '01-data')), false);
  });

  it('works in a folder of its own, with npm and tslab alone', async () => {
    cpSync(join(course, 'release', '01-data'), student, { recursive: true });
    npm(['install', '--no-audit', '--no-fund'], student);
    const given = readNotebook(join(student, '01-data.ipynb'));
    const solved = solve(given, readNotebook(join(SOURCE, '01-data', '01-data.ipynb')));
    const cells = solved.cells.filter(({ cell_type }) => cell_type === 'code');
    const steps = cells.map(sourceOf);
    const results = await runKernel({ steps, kernel: 'stock', folder: student }, { kernels });
    results.forEach((result, i) => {
      assert.equal(result.reply.status, 'ok', `${idOf(cells[i])}: ${JSON.stringify(result.messages)}`);
      if (idOf(cells[i])?.startsWith('check-')) assert.match(printed(result), /✔[\s\S]*(\d) of \1 points/);
      assert.doesNotMatch(printed(result), /✘/);
    });
  });

  it('tells students how to open it, and carries the package', () => {
    const folder = join(course, 'release', '05-evaluation');
    assert.match(readFileSync(join(folder, 'README.md'), 'utf8'), /npm install/);
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    assert.ok(existsSync(join(folder, dependencies['resnet-lab'].replace('file:', ''))));
    assert.ok(existsSync(`${folder}.zip`));
  });
});
