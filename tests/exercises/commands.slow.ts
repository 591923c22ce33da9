// What teachers are told when the exercises' commands can't do what they ask for. No kernel is started.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';
import { pythonOf } from '../helpers/python';
import { copyCourse, SOURCE } from './course';

const ASSIGNMENT = '01-data';
const NOTEBOOK = join(SOURCE, ASSIGNMENT, `${ASSIGNMENT}.ipynb`);
/** nbgrader starts programs of its environment. */
const PATH = dirname(pythonOf('.venv')) + delimiter + process.env.PATH;

/** Zip files whose notebook is encrypted, packed by an unknown method, or damaged: one byte of each is changed. */
const MAKE_ARCHIVES = String.raw`
import sys, zipfile
for name, mark, offset, value in (("locked", b"PK\1\2", 8, 1), ("method", b"PK\1\2", 10, 97), ("torn", b"PK\3\4", 60, 255)):
    path = f"{sys.argv[1]}/{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(sys.argv[2], "01-data.ipynb")
    content = bytearray(open(path, "rb").read())
    content[content.index(mark) + offset] = value
    open(path, "wb").write(content)
`;

describe('the commands for exercises', () => {
  const course = copyCourse([ASSIGNMENT]);
  const folder = temporaryFolder();
  const empty = join(folder, 'empty');
  const handedIn = join(folder, 'handed-in');
  before(() => {
    for (const name of [empty, join(handedIn, 'eve')]) mkdirSync(name, { recursive: true });
    writeFileSync(join(handedIn, 'bob.zip'), 'no archive');
    writeFileSync(join(handedIn, 'cut.ipynb'), '{ "cells": [');
    writeFileSync(join(handedIn, 'notes.txt'), '');
    writeFileSync(join(handedIn, 'a b.ipynb'), '{}');
    writeFileSync(join(handedIn, 'list.ipynb'), '[]');
    writeFileSync(join(handedIn, 'number.ipynb'), '{"cells": 5, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}');
    for (const name of ['kim.ipynb', 'kim_01-data.ipynb', `${ASSIGNMENT}.ipynb`])
      copyFileSync(NOTEBOOK, join(handedIn, name));
    const { status, stderr } = spawnSync(pythonOf('.venv'), ['-c', MAKE_ARCHIVES, handedIn, NOTEBOOK], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    symlinkSync(NOTEBOOK, join(handedIn, 'link.ipynb'));
  });

  function command(args: string[], path = PATH) {
    const env = { ...process.env, PYTHONPATH: join(SOURCE, '../../../jupyter'), RESNET_COURSE: course, PATH: path };
    return spawnSync(pythonOf('.venv'), ['-m', 'grading', ...args], { env, encoding: 'utf8' });
  }

  const REFUSALS: [args: string[], says: RegExp][] = [
    [['release', 'none', '--package', ''], /^There is no assignment 'none'; there are 01-data\.$/m],
    [['collect', '../01-data', empty], /^There is no assignment '\.\.\/01-data'/],
    [['collect', ASSIGNMENT, join(folder, 'none')], /none is no folder: give the one that holds/],
    [['collect', ASSIGNMENT, empty], /empty is empty: put a folder, notebook or zip file/],
    [['grade', ASSIGNMENT], /^Nothing of 01-data was collected: npm run exercises -- collect 01-data FOLDER$/m],
    [['grade', ASSIGNMENT, '--cell-seconds', '0'], /'0' is no number of seconds: a whole number from 1 on is/],
    [['report', ASSIGNMENT], /^Nothing of 01-data was graded: npm run exercises -- grade 01-data$/m],
  ];
  for (const [args, says] of REFUSALS)
    it(`refuse ${args.slice(0, 2).join(' ')} with a reason (${says.source.slice(0, 40)})`, () => {
      const { status, stdout, stderr } = command(args);
      assert.notEqual(status, 0);
      assert.equal(stdout, '');
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /Traceback/);
    });

  it('name what was handed in and can not be taken, one line each', () => {
    const { status, stdout, stderr } = command(['collect', ASSIGNMENT, handedIn]);
    assert.deepEqual({ status, stderr }, { status: 1, stderr: '' });
    const wanted: [name: string, reason: RegExp][] = [
      ['01-data.ipynb', /^that is the assignment's name: name it after the student\.$/],
      ['a b.ipynb', /^'a b' is no name of a student: letters, digits and \. _ @ - are\.$/],
      ['bob.zip', /^File is not a zip file\.$/],
      ['cut.ipynb', /^it is no Jupyter notebook \(Notebook does not appear to be JSON: /],
      ['eve', /^the folder has 0 files 01-data\.ipynb, one is expected\.$/],
      ['kim_01-data.ipynb', /^kim\.ipynb is of kim, too, and was taken: keep one of them\.$/],
      ['link.ipynb', /^it is a link\.$/],
      ['list.ipynb', /^it is no Jupyter notebook/],
      ['locked.zip', /is encrypted/],
      ['method.zip', /^That compression method is not supported\.$/],
      ['notes.txt', /^it is no folder, notebook or zip file\.$/],
      ['number.ipynb', /^it is no Jupyter notebook/],
      ['torn.zip', /while decompressing data/],
    ];
    const lines = stdout.trim().split('\n');
    assert.equal(lines.at(-1), `01-data: 1 taken, ${wanted.length} not.`);
    const said = lines.slice(0, -1).map((line) => line.split(': not taken, '));
    assert.deepEqual(
      said.map(([name]) => name),
      wanted.map(([name]) => name),
    );
    for (const [i, [name, reason]] of wanted.entries()) assert.match(said[i][1], reason, name);
    assert.deepEqual(readdirSync(join(course, 'submitted')), ['kim']);
  });

  it('grade nothing by checks that were never noted', () => {
    const { status, stderr } = command(['grade', ASSIGNMENT, '--without-sandbox']);
    assert.equal(status, 1);
    assert.match(stderr, /never released here: npm run exercises -- release 01-data$/m);
  });

  describe('on Linux', { skip: process.platform !== 'linux' }, () => {
    it('grade nothing without the sandbox', () => {
      const { status, stdout, stderr } = command(['grade', ASSIGNMENT], empty);
      assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
      assert.match(stderr, /bubblewrap is missing\.\nInstall it .* --without-sandbox\./s);
    });

    it('grade nothing where the system refuses to make the sandbox, and say why', () => {
      const programs = join(folder, 'programs');
      mkdirSync(programs);
      const refusal = 'bwrap: setting up uid map: Permission denied'; // Ubuntu 24.04's
      writeFileSync(join(programs, 'bwrap'), `#!/bin/sh\necho '${refusal}' >&2\nexit 1\n`, { mode: 0o755 });
      const { status, stdout, stderr } = command(['grade', ASSIGNMENT], programs + delimiter + PATH);
      assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
      assert.match(stderr, new RegExp(`refuses to make it:\\n${refusal}\\nenvironment\\.md says`));
    });
  });
});
