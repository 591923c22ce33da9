import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** A new empty folder that is removed after the tests of the file. */
export function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'resnet-lab-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
