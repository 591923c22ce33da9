// Interrupts where cells wait, and where none runs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runKernel, type Step, shown } from '../helpers/jupyter';

describe('an interrupt of cells that were sent together', () => {
  const steps = (options: object): Step[] => [
    { code: "console.log('go');\nawait new Promise(() => {});", options, interrupt: { printed: 'go', after: 0.3 } },
    '2',
  ];

  it('aborts those that wait', async () => {
    const results = await runKernel({ steps: steps({}), together: true });
    assert.deepEqual(
      results.map(({ reply }) => reply.status),
      ['error', 'aborted'],
    );
  });

  it('does nothing where no cell runs', async () => {
    const results = await runKernel({
      steps: [
        { request: 'kernel_info_request', interrupt: { times: 3, every: 0.2 } },
        'await new Promise((resolve) => setTimeout(resolve, 700));\n5',
      ],
    });
    assert.equal(shown(results[1]), '5');
  });
});
