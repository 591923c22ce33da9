import { tf } from '../tf';
import { resnetV1 } from './resnet';

/** Millions of parameters that the docstring of Keras's cifar10_resnet example promises for `resnet_v1`, by depth. */
const PROMISED: Record<number, string> = { 20: '0.27M', 32: '0.46M', 44: '0.66M', 56: '0.85M', 110: '1.7M' };

/** One row of the table of parameters. */
export interface ParameterRow {
  depth: number;
  total: number;
  trainable: number;
  /** What the docstring of Keras's example says; empty for depths that it doesn't name. */
  promised: string;
}

/**
 * Counted parameters of ResNet v1 for images of 32×32×3 and ten classes, beside those that the docstring of Keras's
 * example promises. By default for its five depths.
 */
export function parameterTable(depths: readonly number[] = Object.keys(PROMISED).map(Number)): ParameterRow[] {
  return depths.map((depth) => {
    const model = resnetV1([32, 32, 3], depth);
    const trainable = model.trainableWeights.reduce(
      (sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]),
      0,
    );
    const row = { depth, total: model.countParams(), trainable, promised: PROMISED[depth] ?? '' };
    model.dispose();
    return row;
  });
}
