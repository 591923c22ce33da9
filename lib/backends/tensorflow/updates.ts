import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { tf } from '../../tf';
import type { AdamNumbers, SgdNumbers, Update } from '../fused/registry';
import { attributes as a, type TensorflowBackend, tensorflow } from './binding';

/** Adam with TensorFlow's kernel, which is Keras's too. Its ε stands beside √v, TensorFlow.js's beside √(v / (1 − β2ᵗ)). */
export function adam(updates: Update[], numbers: AdamNumbers): void {
  const { beta1, beta2, learningRate, power1, power2, epsilon } = numbers;
  const values = [power1, power2, learningRate, beta1, beta2, epsilon * Math.sqrt(1 - power2)];
  withScalars(values, (scalars) => {
    for (const { variable, gradient, accumulators } of updates) {
      inPlace([variable, ...accumulators], (resources) =>
        apply('ResourceApplyAdam', [], [...resources, ...scalars, ...idsOf([gradient])]),
      );
    }
  });
}

export function sgd(updates: Update[], { learningRate, momentum, nesterov, decay }: SgdNumbers): void {
  withScalars([learningRate, momentum, decay], ([rate, kept, share]) => {
    for (const { variable, gradient, accumulators } of updates) {
      inPlace([variable, ...accumulators], ([weights, velocity]) => {
        if (decay > 0) apply('ResourceApplyGradientDescent', [], [weights, share, ...idsOf([variable])]);
        if (velocity === undefined) apply('ResourceApplyGradientDescent', [], [weights, rate, ...idsOf([gradient])]);
        else {
          const inputs = [weights, velocity, rate, ...idsOf([gradient]), kept];
          apply('ResourceApplyKerasMomentum', [a.flag('use_nesterov', nesterov)], inputs);
        }
      });
    }
  });
}

export function moveTowards(moving: Variable, value: Tensor, momentum: number): void {
  const moved = tf.tidy(() => tf.add(tf.mul(moving, momentum), tf.mul(value, 1 - momentum)));
  moving.assign(moved);
  moved.dispose();
}

const idsOf = (tensors: Tensor[]) => tensorflow().getInputTensorIds(tensors);

function apply(
  name: string,
  attributes: Parameters<TensorflowBackend['binding']['executeOp']>[1],
  inputs: number[],
): void {
  const locked = a.flag('use_locking', false);
  tensorflow().binding.executeOp(name, [a.type(), locked, ...attributes], inputs, 0);
}

function withScalars(values: number[], use: (ids: number[]) => void): void {
  const { binding } = tensorflow();
  const ids = values.map((value) => binding.createTensor([], binding.TF_FLOAT, Float32Array.of(value)));
  try {
    use(ids);
  } finally {
    for (const id of ids) binding.deleteTensor(id);
  }
}

/**
 * TensorFlow's optimisers change resources, while a variable of TensorFlow.js is a name for a tensor: its values become a
 * resource for as long as `use` runs, and what the resource then holds becomes its values. No number is copied in between
 * but by the optimiser itself.
 */
function inPlace(variables: Variable[], use: (resources: number[]) => void): void {
  const { binding } = tensorflow();
  const values = idsOf(variables);
  const dtype = a.type('dtype');
  const resources = variables.map((variable, i) => {
    const about = [a.text('container', ''), a.text('shared_name', ANONYMOUS), dtype, a.shape('shape', variable.shape)];
    const [{ id }] = binding.executeOp('VarHandleOp', about, [], 1);
    binding.executeOp('AssignVariableOp', [dtype], [id, values[i]], 0);
    return id;
  });
  try {
    use(resources);
    variables.forEach((variable, i) => {
      replace(variable, binding.executeOp('ReadVariableOp', [dtype], [resources[i]], 1)[0].id);
    });
  } finally {
    for (const id of resources) binding.deleteTensor(id);
  }
}

/** Name of a resource that ends with its last handle (tensorflow/core/framework/resource_handle.h). */
const ANONYMOUS = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';

/** Gives a variable the tensor of that id; whoever else holds the old one keeps it. */
function replace(variable: Variable, id: number): void {
  const { tensorMap, binding } = tensorflow();
  const data = tensorMap.get(variable.dataId);
  if (data.refCount > 1) {
    const fresh = tf.zerosLike(variable);
    const target = tensorMap.get(fresh.dataId);
    if (target.id >= 0) binding.deleteTensor(target.id);
    Object.assign(target, { id, values: null });
    variable.assign(fresh);
    fresh.dispose();
    return;
  }
  if (data.id >= 0) binding.deleteTensor(data.id);
  data.id = id;
}
