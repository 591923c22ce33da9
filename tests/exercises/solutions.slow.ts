// The solution of every assignment, written into what students are given, gets every point.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';
import { assignments, copyCourse, exercises, SOURCE, solve } from './course';
import { readNotebook, writeNotebook } from './notebook';

describe('the solutions of the assignments', () => {
  const course = copyCourse(assignments());
  const handedIn = temporaryFolder();
  before(async () => {
    const { code, stderr } = await exercises(course, ['release']);
    assert.equal(code, 0, stderr);
  });

  for (const assignment of assignments())
    it(`get every point of ${assignment}`, async () => {
      const name = `${assignment}.ipynb`;
      const given = readNotebook(join(course, 'release', assignment, name));
      const folder = join(handedIn, assignment);
      writeNotebook(join(folder, 'student', name), solve(given, readNotebook(join(SOURCE, assignment, name))));
      const collected = await exercises(course, ['collect', assignment, folder]);
      assert.equal(collected.code, 0, collected.stdout + collected.stderr);
      const { code, stdout, stderr } = await exercises(course, ['grade', assignment]);
      console.log(stdout);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, stdout + stderr); // a row that has no grade says why
      const [, points, all] = /^student +([\d.]+) of ([\d.]+) /m.exec(stdout) ?? [];
      assert.ok(Number(all) > 0, stdout);
      assert.equal(points, all);
    });
});
