// `npm run evaluate` with what a person may mistype; evaluate.slow.ts compares it with real Keras.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { runCommand } from '../helpers/command';
import { temporaryFolder } from '../helpers/folder';

const broken = join(temporaryFolder(), 'broken.weights.h5');
before(() => writeFileSync(broken, 'not HDF5'));

describe('npm run evaluate', () => {
  for (const [options, message] of [
    [['--model', 'resnet7'], /^RangeError: The name should be one of .*resnet20.*, received 'resnet7'\.$/m],
    [['--model', 'none.weights.h5'], /^RangeError: --model should be .*; there is no file none\.weights\.h5\.$/m],
    [['--model', broken], /^DataError: .*broken\.weights\.h5/m],
    [['--model', broken, '--depth', 'deep'], /^RangeError: The depth should be 6n\+2 .*, received NaN\.$/m],
  ] as const) {
    it(`refuses ${options.map((each) => (each === broken ? 'a broken file' : each)).join(' ')}`, () => {
      const { status, stdout, stderr } = runCommand('scripts/evaluate.mjs', ...options);
      assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
      assert.match(stderr, message);
    });
  }
});
