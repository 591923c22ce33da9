// Convolutions of the simd backend, and their gradients, against TensorFlow.js's own cpu backend.
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tf } from 'resnet-lab';
import { assertSameAsCpu, type Draw, smoothGradient } from '../helpers/compare-backends';
import {
  anyPadding,
  type Convolution,
  convolutions,
  fits,
  inputAndFilter,
  namedPadding,
  outputAndGradients,
  terms,
  wideConvolutions,
} from '../helpers/convolutions';

const activation = fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'prelu', 'leakyrelu', 'sigmoid');
type Activation = typeof activation extends fc.Arbitrary<infer A> ? A : never;

/** Runs one computation for many convolutions. */
function check<T extends { c: Convolution }>(
  cases: fc.Arbitrary<T>,
  compute: (example: T, draw: Draw) => Record<string, tf.Tensor>,
  numRuns: number,
) {
  const property = fc.asyncProperty(cases, (example) =>
    assertSameAsCpu((draw) => compute(example, draw), { seed: example.c.seed, terms: terms(example.c) }),
  );
  return fc.assert(property, { numRuns });
}

const any = fc.record({ c: convolutions(anyPadding) });
const wide = fc.record({ c: wideConvolutions });

describe('a convolution on simd', () => {
  it("equals cpu's, as do its gradients, for any filter, stride and padding", () =>
    check(any, ({ c }, draw) => outputAndGradients(c, draw), 150));

  it("equals cpu's, as do its gradients, for the shapes of residual networks", () =>
    check(wide, ({ c }, draw) => outputAndGradients(c, draw), 50));

  it('takes a single image without a batch', () =>
    check(
      any,
      ({ c }, draw) => {
        const { x, filter } = inputAndFilter(c, draw);
        return { output: tf.conv2d(x.slice(0, 1).squeeze([0]) as tf.Tensor3D, filter, c.strides, c.pad) };
      },
      20,
    ));

  it('takes dilated filters', () => {
    const dilations = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
    const cases = fc
      .record({ c: convolutions(anyPadding).map((c): Convolution => ({ ...c, strides: [1, 1] })), dilations })
      .filter((example) => fits(example.c, example.dilations));
    return check(
      cases,
      (example, draw) => {
        const { x, filter } = inputAndFilter(example.c, draw);
        return { output: tf.conv2d(x, filter, 1, example.c.pad, 'NHWC', example.dilations) };
      },
      60,
    );
  });

  it('takes channels before pixels', () =>
    check(
      fc.record({
        c: fc.oneof(
          convolutions(namedPadding),
          wideConvolutions.map((c) => ({ ...c, pad: 'same' as const })),
        ),
      }),
      ({ c }, draw) => {
        const { x, filter } = inputAndFilter(c, draw);
        const first = tf.transpose(x, [0, 3, 1, 2]);
        const forward = (a: tf.Tensor, b: tf.Tensor) =>
          tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, c.strides, c.pad, 'NCHW');
        const output = forward(first, filter);
        const [input, weights] = tf.grads(forward)([first, filter], draw(output.shape));
        return { output, input, filter: weights };
      },
      16,
    ));
});

/** tf.fused.conv2d with a bias and what its activation needs. */
function fused(c: Convolution, draw: Draw) {
  const { x, filter } = inputAndFilter(c, draw);
  const [bias, preluActivationWeights] = [draw<tf.Rank.R1>([c.channels[1]]), draw([c.channels[1]])];
  const forward = (activation: Activation) => (a: tf.Tensor, b: tf.Tensor, d: tf.Tensor) => {
    const inputs = { x: a as tf.Tensor4D, filter: b as tf.Tensor4D, bias: d, strides: c.strides, pad: c.pad };
    const weights = activation === 'prelu' ? { preluActivationWeights } : { leakyreluAlpha: 0.3 };
    return tf.fused.conv2d({ ...inputs, activation, ...weights });
  };
  return { forward, inputs: [x, filter, bias] as const };
}

describe('a convolution with bias and activation in one on simd', () => {
  for (const [kind, cases, runs] of [
    ['any filter', any, 60],
    ['the shapes of residual networks', wide, 40],
  ] as const) {
    it(`equals cpu's for ${kind} and each activation`, () =>
      check(
        cases.chain(({ c }) => fc.record({ c: fc.constant(c), activation })),
        (example, draw) => {
          const { forward, inputs } = fused(example.c, draw);
          return { output: forward(example.activation)(...inputs) };
        },
        runs,
      ));
  }

  it('has the same gradients, also for the bias', () =>
    check(
      fc.record({ c: wideConvolutions, activation: fc.constantFrom('linear' as const, 'relu' as const) }),
      (example, draw) => {
        const { forward, inputs } = fused(example.c, draw);
        const dy = smoothGradient(forward('linear')(...inputs), draw);
        const [input, filter, bias] = tf.grads(forward(example.activation))([...inputs], dy);
        return { input, filter, bias };
      },
      30,
    ));
});
