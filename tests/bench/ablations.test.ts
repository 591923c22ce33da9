// The ablations as a person runs them, on a few images of Emoji-10.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCommand } from '../helpers/command';
import { temporaryFolder } from '../helpers/folder';

/** When the checkpoints in a row's folder were written. */
const checkpointTimes = (folder: string) => readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs);
const tableIn = (stdout: string) => stdout.slice(stdout.indexOf('| ResNet-8, 1 epochs |'));
const ablations = (...options: string[]) => runCommand('scripts/run.mjs', 'bench/ablations.ts', ...options);

describe('bench/ablations.ts', () => {
  it('makes a table of the rows asked for, and trains none of them twice', () => {
    const keep = temporaryFolder();
    const options = ['--data', 'emoji10', '--images', '300', '--epochs', '1', '--keep', keep];
    const rows = ['--only', 'fast', '--only', 'adam'];
    const { status, stdout, stderr } = ablations(...options, ...rows);
    assert.equal(status, 0, stderr);
    const table = tableIn(stdout);
    assert.match(table, /^\| ResNet-8, 1 epochs .*\n\|---.*\n\| the recipe \| .*\n\| Adam, .*\n$/);
    assert.equal(existsSync(join(keep, 'batch-64')), false);
    const times = checkpointTimes(join(keep, 'fast'));
    assert.ok(times.length > 0);
    assert.equal(tableIn(ablations(...options, ...rows).stdout), table);
    assert.deepEqual(checkpointTimes(join(keep, 'fast')), times);
  });

  it('refuses a row that it has not', () => {
    const { status, stdout, stderr } = ablations('--only', 'faster');
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    assert.match(stderr, /^RangeError: --only should be one of fast, rate-0\.05, .*, received 'faster'\.$/m);
  });
});
