// What teachers are told when the exercises' commands can't do what they ask for. No kernel is started.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';
import { pythonOf } from '../helpers/python';
import { copyCourse, SOURCE } from './course';

const ASSIGNMENT = '01-data';
const NOTEBOOK = join(SOURCE, ASSIGNMENT, `${ASSIGNMENT}.ipynb`);

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
    symlinkSync(NOTEBOOK, join(handedIn, 'link.ipynb'));
  });

  function command(args: string[], path = process.env.PATH) {
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
    assert.deepEqual(stdout.trim().split('\n'), [
      "a b.ipynb: not taken, 'a b' is no name of a student: letters, digits and . _ @ - are.",
      'bob.zip: not taken, File is not a zip file.',
      'cut.ipynb: not taken, it is no Jupyter notebook (Notebook does not appear to be JSON: \'{ "cells": [\').',
      'eve: not taken, the folder has 0 files 01-data.ipynb, one is expected.',
      'link.ipynb: not taken, it is a link.',
      'notes.txt: not taken, it is no folder, notebook or zip file.',
      '01-data: 0 taken, 6 not.',
    ]);
    assert.ok(!readdirSync(course).includes('submitted'));
  });

  describe('on Linux', { skip: process.platform !== 'linux' }, () => {
    before(() => mkdirSync(join(course, 'submitted', 'ada', ASSIGNMENT), { recursive: true }));

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
      const { status, stdout, stderr } = command(['grade', ASSIGNMENT], programs + delimiter + process.env.PATH);
      assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
      assert.match(stderr, new RegExp(`refuses to make it:\\n${refusal}\\nenvironment\\.md says`));
    });
  });
});
