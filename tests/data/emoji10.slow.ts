import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';

describe('npm run emoji10', () => {
  it('draws the committed file again, bit for bit', () => {
    const folder = temporaryFolder();
    const copy = join(folder, 'emoji10');
    cpSync(join('data', 'emoji10'), copy, { recursive: true, filter: (path) => !path.includes('node_modules') });
    execFileSync('npm', ['ci', '--no-fund', '--no-audit'], { cwd: copy });
    const drawn = join(folder, 'drawn.tar.gz');
    execFileSync(process.execPath, ['draw.mjs', drawn], { cwd: copy });
    assert.ok(readFileSync(drawn).equals(readFileSync(join('data', 'emoji10', 'emoji-10-binary.tar.gz'))));
  });
});
