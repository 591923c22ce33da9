// The notebooks also run with tslab as it comes.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';
import { printed, runKernel } from '../helpers/jupyter';

const ROOT = join(__dirname, '..', '..');

function makeKernelspec(): string {
  const kernels = temporaryFolder();
  const folder = join(kernels, 'kernels', 'stock');
  mkdirSync(folder, { recursive: true });
  const argv = ['node', join(ROOT, 'node_modules/tslab/bin/tslab'), 'kernel', '--config-path={connection_file}'];
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify({ argv, display_name: 'stock', language: 'typescript' }));
  return kernels;
}

it('the first notebook runs with stock tslab', async () => {
  const notebook = JSON.parse(readFileSync(join(ROOT, 'notebooks', '00-environment.ipynb'), 'utf8'));
  const cells = notebook.cells.filter((cell: { cell_type: string }) => cell.cell_type === 'code');
  const steps = cells.map(({ source }: { source: string | string[] }) => [source].flat().join(''));
  const results = await runKernel({ steps, kernel: 'stock' }, { kernels: makeKernelspec() });
  assert.ok(results.length > 0);
  results.forEach((result, i) => {
    assert.equal(printed(result, 'stderr'), '', steps[i]);
    assert.equal(result.reply.status, 'ok', steps[i]);
  });
});
