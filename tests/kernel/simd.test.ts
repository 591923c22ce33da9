// The simd backend, whose threads live as long as the process, in the kernel of the notebooks.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runKernel } from '../helpers/jupyter';

const CELLS = [
  "import { adam, resnetV1, tf, useBackend } from 'resnet-lab';\nconst { name, threads } = await useBackend('simd');\nconsole.log(name, threads);",
  `const model = resnetV1([32, 32, 3], 8);
model.compile({ optimizer: adam(), loss: 'categoricalCrossentropy' });
const x = tf.randomNormal([8, 32, 32, 3], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.range(0, 8, 1, 'int32'), 10);
console.log(await model.trainOnBatch(x, y));`,
  'tf.conv2d(tf.ones([8, 32, 32, 16]) as tf.Tensor4D, tf.ones([3, 3, 16, 16]) as tf.Tensor4D, 1, "same");', // not read
];

it('simd trains in the kernel, which ends by itself when it is shut down', async () => {
  const results = await runKernel({ steps: CELLS });
  const printed = results.map(({ messages, reply }) => {
    const streams = messages.filter(({ type }) => type === 'stream').map(({ content }) => content);
    assert.equal(reply.status, 'ok', JSON.stringify(messages));
    assert.ok(
      streams.every(({ name }) => name === 'stdout'),
      `nothing on stderr: ${JSON.stringify(streams)}`,
    );
    return streams.map(({ text }) => text).join('');
  });
  assert.match(printed[0], /^simd [1-9]\d*\n$/);
  const loss = Number(printed[1]);
  assert.ok(Number.isFinite(loss) && loss > 0 && loss < 20, printed[1]);
});
