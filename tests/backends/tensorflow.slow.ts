// TensorFlow's C library: what the Keras vectors of every-backend.slow.ts leave open.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { adam, sgd, tf, useBackend } from 'resnet-lab';
import { runScript } from '../helpers/child';
import { assertClose } from '../helpers/close';
import { assertSameAsCpu } from '../helpers/compare-backends';
import { fetchNode, NODE_VERSIONS } from '../helpers/node-versions';

const values = async (tensor: tf.Tensor) => Array.from(await tensor.data());

async function whyNot(): Promise<string | false> {
  if (existsSync('.tensorflow')) return false;
  const script =
    "await lab.useBackend('tensorflow').catch((error) => { console.error(error.message); process.exit(1); });";
  const { code, stderr } = await runScript(script);
  return code !== 0 && stderr;
}

/** 1 − β2ᵗ has four digits in 32 bits. */
const TOLERANCE = 1e-5;

/** Three steps with each gradient; the weights, then what was there before them under another name. */
async function steps(optimizer: tf.Optimizer): Promise<number[][]> {
  const weights = tf.tidy(() => tf.variable(tf.tensor1d([1, -2, 3, 0.5]), true));
  const kept = weights.clone();
  for (const gradient of [
    [0.1, -0.2, 3, 0],
    [1e-8, 1, 0, -0.5],
    [-2, 0.5, 0.25, 1e-3],
  ]) {
    tf.tidy(() => optimizer.applyGradients({ [weights.name]: tf.tensor1d(gradient) }));
  }
  const results = [await values(weights), await values(kept)];
  tf.dispose([weights, kept]);
  optimizer.dispose();
  return results;
}

async function main() {
  describe('tensorflow', { skip: await whyNot() }, () => {
    const OPTIMIZERS: Record<string, () => tf.Optimizer> = {
      adam: () => adam(0.1),
      sgd: () => sgd(0.1),
      momentum: () => sgd(0.1, { momentum: 0.9 }),
      nesterov: () => sgd(0.1, { momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    };
    for (const [name, create] of Object.entries(OPTIMIZERS)) {
      it(`updates variables as TensorFlow.js's ops do, and leaves copies alone: ${name}`, async () => {
        await useBackend('cpu');
        const expected = await steps(create());
        await useBackend('tensorflow');
        const before = tf.memory().numTensors;
        const received = await steps(create());
        for (const [i, numbers] of received.entries())
          assertClose(numbers, expected[i], TOLERANCE, ['weights', 'copy'][i]);
        assert.equal(tf.memory().numTensors, before);
      });
    }

    it('drops the share of inputs that it should, the same in the gradient, and repeats with the seed', async () => {
      await useBackend('tensorflow');
      const layer = tf.layers.dropout({ rate: 0.3, seed: 7 });
      const apply = (x: tf.Tensor) => layer.apply(x, { training: true }) as tf.Tensor;
      const x = tf.ones([100, 1000]);
      const [y, again] = [await values(apply(x)), await values(apply(x))];
      assert.deepEqual(again, y);
      const share = y.filter((value) => value === 0).length / y.length;
      assert.ok(Math.abs(share - 0.3) < 0.01, `share ${share}`); // a standard deviation is 0.0015
      assert.ok(y.every((value) => value === 0 || Math.abs(value - 1 / 0.7) < 1e-6));
      assert.deepEqual(await values(tf.grad(apply)(x)), y);
    });

    it('penalises several weights by different factors', () =>
      assertSameAsCpu(
        (draw) => {
          const inputs = draw([2, 6, 6, 4]);
          const regularizers = [1e-1, 1e-3].map((l2) => tf.regularizers.l2({ l2 }));
          const model = tf.sequential({
            layers: regularizers.map((kernelRegularizer, i) =>
              tf.layers.conv2d({
                ...(i === 0 ? { inputShape: [6, 6, 4] } : {}),
                filters: 4,
                kernelSize: 3,
                kernelRegularizer,
                kernelInitializer: tf.initializers.randomNormal({ stddev: 0.1, seed: i + 1 }),
              }),
            ),
          });
          const { value, grads } = tf.variableGrads(() => {
            const output = model.apply(inputs, { training: true }) as tf.Tensor;
            return model.calculateLosses().reduce((sum, loss) => tf.add(sum, loss), output.sum()) as tf.Scalar;
          });
          const kernels = Object.values(grads);
          model.dispose();
          return { value, ...Object.fromEntries(kernels.map((gradient, i) => [`gradient ${i}`, gradient])) };
        },
        { seed: 3, backend: 'tensorflow', terms: { value: 100, 'gradient 0': 100, 'gradient 1': 100 } },
      ));

    for (const version of NODE_VERSIONS) {
      it(`trains on Node ${version}`, async () => {
        const node = await fetchNode(version);
        const { stdout } = await promisify(execFile)(node, [join('scripts', 'prove.mjs'), 'tensorflow']);
        assert.match(JSON.parse(stdout).device, /^[CG]PU \(/);
      });
    }

    it('has the gradient of targets that are masked, or of several classes', () =>
      assertSameAsCpu(
        (draw) => {
          const target = tf.tensor2d([
            [0, 0, 0],
            [1, 1, 0],
            [0, 0, 1],
            [2, 0, 0.5],
          ]);
          const inputs = tf.input({ shape: [3] });
          const softmax = tf.layers.activation({ activation: 'softmax' });
          const model = tf.model({ inputs, outputs: softmax.apply(inputs) as tf.SymbolicTensor });
          const optimizer = tf.train.sgd(1);
          model.compile({ optimizer, loss: 'categoricalCrossentropy' });
          const [loss] = (model as unknown as { lossFunctions: ((y: tf.Tensor, p: tf.Tensor) => tf.Tensor)[] })
            .lossFunctions;
          const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
            loss(target, model.apply(x, { training: true }) as tf.Tensor).sum(),
          )(draw([4, 3]));
          optimizer.dispose();
          return { value, grad };
        },
        { seed: 5, backend: 'tensorflow' },
      ));

    it('is passed over in silence by auto, for it is not on a GPU', { skip: existsSync('/dev/nvidia0') }, async () => {
      const script = "await lab.useBackend('tensorflow'); console.log((await lab.useBackend()).name);";
      const { stdout, stderr } = await runScript(`process.env.RESNET_GPU = ''; ${script}`);
      assert.equal(stdout, 'simd\n');
      assert.doesNotMatch(stderr, /left alone.*(TensorFlow|tfjs-node)/);
    });

    it('says nothing of its own in a program', async () => {
      const { stdout } = await runScript("await lab.useBackend('tensorflow'); tf.ones([2]).add(1).print();");
      assert.equal(stdout, 'Tensor\n    [2, 2]\n');
    });
  });
}

main();
