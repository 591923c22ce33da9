// The notebooks also run with tslab as it comes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { printed, runKernel } from '../helpers/jupyter';
import { makeStockKernelspec } from '../helpers/kernelspec';

const ROOT = join(__dirname, '..', '..');

it('the first notebook runs with stock tslab', async () => {
  const notebook = JSON.parse(readFileSync(join(ROOT, 'notebooks', '00-environment.ipynb'), 'utf8'));
  const cells = notebook.cells.filter((cell: { cell_type: string }) => cell.cell_type === 'code');
  const steps = cells.map(({ source }: { source: string | string[] }) => [source].flat().join(''));
  const results = await runKernel({ steps, kernel: 'stock' }, { kernels: makeStockKernelspec() });
  assert.ok(results.length > 0);
  results.forEach((result, i) => {
    assert.equal(printed(result, 'stderr'), '', steps[i]);
    assert.equal(result.reply.status, 'ok', steps[i]);
  });
});
