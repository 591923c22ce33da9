// What training adds to a network's layers on the simd backend: dropout, weight penalties and optimisers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { adam, sgd, tf } from 'resnet-lab';
import { assertClose, assertSameAsCpu, type Draw, TESTED, valuesOn } from '../helpers/compare-backends';
import { seed, shapes } from '../helpers/shapes';

describe('dropout on simd', () => {
  const cases = fc.record({ rate: fc.constantFrom(0.1, 0.25, 0.5, 0.9), size: fc.constantFrom(20_000, 19_997), seed });

  it('drops the asked share, scales up the rest, and its gradient drops the same', () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ rate, size, seed }) => {
        const compute = (draw: Draw) => {
          const [x, dy] = [draw([size]).abs().add(1), draw([size]).abs().add(1)];
          const layer = tf.layers.dropout({ rate });
          const forward = (a: tf.Tensor) => layer.apply(a, { training: true }) as tf.Tensor;
          let output = x;
          const gradient = tf.grad((a) => {
            output = tf.keep(forward(a));
            return output;
          })(x, dy);
          const results = { x, dy, output: output.clone(), gradient, again: forward(x), predicted: layer.apply(x) };
          output.dispose();
          return results as Record<string, tf.Tensor>;
        };
        const results = await valuesOn(TESTED, compute, seed);
        const [x, dy, output, gradient, again, predicted] = [...results.values()].map(({ values }) => values);
        assert.deepEqual(predicted, x, 'prediction drops nothing');
        let [dropped, same] = [0, 0];
        for (let i = 0; i < size; i++) {
          const kept = output[i] !== 0;
          const scale = kept ? 1 / (1 - rate) : 0;
          const close = Math.abs(output[i] - scale * x[i]) + Math.abs(gradient[i] - scale * dy[i]) < 1e-4;
          if (!close) assert.fail(`at ${i}: output ${output[i]} of ${x[i]}, gradient ${gradient[i]} of ${dy[i]}`);
          dropped += kept ? 0 : 1;
          same += kept === (again[i] !== 0) ? 1 : 0;
        }
        const deviation = Math.sqrt(size * rate * (1 - rate));
        assert.ok(Math.abs(dropped - rate * size) < 6 * deviation, `${dropped} of ${size} dropped at rate ${rate}`);
        assert.ok(same < size, 'a second call drops others');
      }),
      { numRuns: 20 },
    ));
});

describe('a penalty on squared weights on simd', () => {
  it("equals cpu's, as does its gradient", () =>
    fc.assert(
      fc.asyncProperty(shapes(1, 4), fc.constantFrom(1e-4, 0.5), seed, (shape, l2, seed) =>
        assertSameAsCpu(
          (draw) => {
            const weights = draw(shape);
            const penalty = (w: tf.Tensor) => tf.regularizers.l2({ l2 }).apply(w) as tf.Scalar;
            return { penalty: penalty(weights), gradient: tf.grad(penalty)(weights) };
          },
          { seed },
        ),
      ),
      { numRuns: 60 },
    ));
});

const named = (name: string, tensors: tf.Tensor[]) => Object.fromEntries(tensors.map((t, i) => [`${name} ${i}`, t]));

describe('an optimiser of resnet-lab on simd', () => {
  const STEPS = 5;
  const cases = fc.record({
    shapes: fc.array(shapes(0, 4), { minLength: 1, maxLength: 5 }),
    trained: fc.nat(), // the first variables only, as with frozen layers
    learningRate: fc.constantFrom(0.001, 0.1),
    seed,
  });
  type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never;

  /**
   * The variables after some steps along drawn gradients, and what was made of them before the last step, which must not
   * change with them. `step` takes a loss and the variables to train.
   */
  function train(c: Case, step: (loss: () => tf.Scalar, variables: tf.Variable[]) => void) {
    return (draw: Draw) => {
      const start = c.shapes.map((shape) => draw(shape));
      const variables = start.map((values) => tf.variable(values));
      const trained = variables.slice(0, 1 + (c.trained % variables.length));
      let earlier: tf.Tensor[] = [];
      for (let i = 0; i < STEPS; i++) {
        const gradients = c.shapes.map((shape) => draw(shape));
        // Linear: the variables' gradients are then these to the bit. Adam divides a gradient by its size, so where one
        // vanishes, as a square's does, it would make much of the rounding.
        const loss = () => tf.addN(variables.map((variable, v) => tf.sum(tf.mul(variable, gradients[v])))) as tf.Scalar;
        earlier = trained.flatMap((v) => [v.clone(), v.reshape([-1]), tf.mul(v, 0.5), tf.relu(v), tf.add(v, v)]);
        step(loss, trained);
      }
      const last = variables.map((variable) => variable.clone());
      tf.dispose(variables);
      return { ...named('start', start), ...named('earlier', earlier), ...named('last', last) };
    };
  }

  /** Trains with the optimiser on simd and with TensorFlow.js's own on cpu. */
  async function compare(c: Case, optimizer: () => tf.Optimizer, reference: () => tf.Optimizer, weightDecay = 0) {
    const ours = (draw: Draw) => {
      const made = optimizer();
      const results = train(c, (loss, trained) => made.minimize(loss, false, trained))(draw);
      made.dispose();
      return results;
    };
    const theirs = (draw: Draw) => {
      const made = reference();
      const results = train(c, (loss, trained) => {
        const { grads } = tf.variableGrads(loss, trained);
        for (const variable of trained) variable.assign(variable.mul(1 - c.learningRate * weightDecay));
        made.applyGradients(grads);
      })(draw);
      made.dispose();
      (made as unknown as { c?: tf.Tensor }).c?.dispose(); // TensorFlow.js forgets the rate of its momentum optimiser
      return results;
    };
    const [expected, received] = [await valuesOn('cpu', theirs, c.seed), await valuesOn(TESTED, ours, c.seed)];
    for (const [name, values] of expected) assertClose(received.get(name) as typeof values, values, name);
  }

  it("is adam, step by step TensorFlow.js's", () =>
    fc.assert(
      fc.asyncProperty(cases, (c) =>
        compare(
          c,
          () => adam(c.learningRate),
          () => tf.train.adam(c.learningRate),
        ),
      ),
      { numRuns: 40 },
    ));

  it("is sgd, step by step TensorFlow.js's, with weight decay apart from the gradients as in Keras", () => {
    const options = fc.record(
      { momentum: fc.constantFrom(0, 0.9), nesterov: fc.boolean(), weightDecay: fc.constantFrom(0, 0.01, 0.5) },
      { requiredKeys: [] },
    );
    return fc.assert(
      fc.asyncProperty(cases, options, (c, { momentum = 0, nesterov = false, ...rest }) =>
        compare(
          c,
          () => sgd(c.learningRate, { momentum, nesterov, ...rest }),
          () => tf.train.momentum(c.learningRate, momentum, nesterov),
          rest.weightDecay,
        ),
      ),
      { numRuns: 60 },
    );
  });
});
