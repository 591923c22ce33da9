// What students may hand in, good and bad, and the score that each must get; in the sandbox, and some without.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';
import { copyCourse, exercises, SOURCE, solve } from './course';
import { type Cell, idOf, readNotebook, sourceOf, writeNotebook } from './notebook';
import { type Submission, submissions } from './submissions';

const ASSIGNMENT = '01-data';
const SOLUTIONS = join(SOURCE, ASSIGNMENT, `${ASSIGNMENT}.ipynb`);
/** Far more than any check of this assignment takes, and less than nbgrader's own limit. */
const CELL_SECONDS = '10';
const SLOW_CELL_SECONDS = '100';
/** Without a sandbox the package is found only within the repository. */
const EXERCISES = join(SOURCE, '..');
/** Those that try to leave their folder. */
const ATTACKS = ['writes-outside', 'reads-solutions', 'asks-the-network'];

interface Row {
  points: number;
  remark: string;
}

/** The table that `grade` prints, by student. */
function tableOf(stdout: string): Record<string, Row> {
  const rows = stdout.matchAll(/^(\S+) +([\d.]+) of 24 +[\d.]+ s +\d+ MiB *(.*)$/gm);
  return Object.fromEntries(
    [...rows].map(([, student, points, remark]) => [student, { points: Number(points), remark }]),
  );
}

/** The lines of the hidden checks that say something and stand nowhere else. */
function hiddenLines(): string[] {
  const { cells } = readNotebook(SOLUTIONS);
  const isHidden = (cell: Cell) => idOf(cell)?.startsWith('hidden-') === true;
  const linesOf = (some: Cell[]) => some.flatMap((cell) => sourceOf(cell).split('\n')).map((line) => line.trim());
  const known = new Set(linesOf(cells.filter((cell) => !isHidden(cell))));
  return linesOf(cells.filter(isHidden)).filter(
    (line) => line.length > 20 && !known.has(line) && !/^\/\/ Your teacher/.test(line),
  );
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };

const textOf = (html: string) =>
  html.replace(/<[^>]*>/g, '').replace(/&(lt|gt|amp|quot|#39);/g, (_, name: string) => ENTITIES[name]);

/** A service of this machine that gives the answer to task 1 to everybody who connects. */
async function startAnswering(): Promise<{ port: number; server: Server; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.end('return 1 + 1024 * channel + 32 * row + column;');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return { port: address.port, server, connections: () => connections };
}

describe('submissions of exercises', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'somebody-elses');
  const course = copyCourse([ASSIGNMENT], EXERCISES);
  let service: Awaited<ReturnType<typeof startAnswering>>;
  let expected: Record<string, Submission>;
  let graded: Record<string, Row>;
  before(async () => {
    service = await startAnswering();
    writeFileSync(file, 'kept');
    const { code, stderr } = await exercises(course, ['release', ASSIGNMENT]);
    assert.equal(code, 0, stderr);
    const given = readNotebook(join(course, 'release', ASSIGNMENT, `${ASSIGNMENT}.ipynb`));
    expected = submissions(solve(given, readNotebook(SOLUTIONS)), { file, solutions: SOLUTIONS, port: service.port });
    for (const [student, { make }] of Object.entries(expected))
      writeNotebook(join(folder, 'handed-in', student, `${ASSIGNMENT}.ipynb`), make(given));
    const collected = await exercises(course, ['collect', ASSIGNMENT, join(folder, 'handed-in')]);
    assert.equal(collected.code, 0, collected.stdout + collected.stderr);
    const [slow, others] = [true, false].map((isSlow) =>
      Object.keys(expected).filter((student) => (expected[student].isSlow ?? false) === isSlow),
    );
    graded = { ...(await grade(others, CELL_SECONDS)), ...(await grade(slow, SLOW_CELL_SECONDS)) };
  });

  async function grade(students: string[], seconds: string): Promise<Record<string, Row>> {
    const named = students.flatMap((student) => ['--student', student]);
    const { stdout, stderr } = await exercises(course, ['grade', ASSIGNMENT, '--cell-seconds', seconds, ...named]);
    console.log(stdout);
    assert.equal(stderr, '');
    assert.match(stdout, /, 0 could not be\.$/m, stdout); // a row of one that could not be graded says why
    return tableOf(stdout);
  }
  after(() => service.server.close());

  it('get the score that they deserve, and none stops the others', () => {
    const points = Object.fromEntries(
      Object.entries(expected).map(([student, submission]) => [student, submission.points]),
    );
    assert.deepEqual(Object.fromEntries(Object.entries(graded).map(([student, row]) => [student, row.points])), points);
  });

  it('are remarked on where something went wrong that no cell shows', () => {
    for (const [student, { remark }] of Object.entries(expected))
      assert.match(graded[student].remark, remark ?? /^$/, student);
  });

  it('neither change files, nor reach a service of this machine', () => {
    assert.equal(readFileSync(file, 'utf8'), 'kept');
    assert.equal(service.connections(), 0);
  });

  it('are reported with feedback that shows no hidden check, and a table of grades', async () => {
    const { code, stdout, stderr } = await exercises(course, ['report', ASSIGNMENT]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^hidden-byteOffset +0\.\d\d of 1 on average$/m);
    const grades = readFileSync(join(course, `grades-${ASSIGNMENT}.csv`), 'utf8')
      .trim()
      .split('\n');
    assert.equal(grades.length, 1 + Object.keys(expected).length);
    for (const student of Object.keys(expected)) {
      const html = readFileSync(join(course, 'feedback', student, ASSIGNMENT, `${ASSIGNMENT}.html`), 'utf8');
      assert.match(html, new RegExp(`Score: ${graded[student].points}`), student);
      const shown = textOf(html);
      assert.deepEqual(
        hiddenLines().filter((line) => shown.includes(line)),
        [],
        student,
      );
    }
  });

  // The attacks succeed where nothing keeps them from it, which shows that they are in earnest.
  it('run without a sandbox only when told to, with a warning', async () => {
    const attackers = ATTACKS.flatMap((student) => ['--student', student]);
    const { code, stdout } = await exercises(course, ['grade', ASSIGNMENT, '--without-sandbox', ...attackers]);
    assert.equal(code, 0);
    assert.match(stdout, /^WARNING: no sandbox\. Submissions run with your rights/);
    const points = Object.entries(tableOf(stdout)).map(([student, row]) => [student, row.points]);
    assert.deepEqual(
      points,
      ATTACKS.map((student) => [student, 24]),
    );
    assert.equal(readFileSync(file, 'utf8'), 'changed');
    assert.ok(service.connections() > 0);
  });
});
