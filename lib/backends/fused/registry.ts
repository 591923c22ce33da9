import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { tf } from '../../tf';

/** A variable, its gradient, and up to two accumulators of an optimiser, all of one shape. */
export interface Update {
  variable: Variable;
  gradient: Tensor;
  accumulators: Variable[];
}

/** The numbers of Adam's step, in the order of its formula. */
export interface AdamNumbers {
  beta1: number;
  beta2: number;
  learningRate: number;
  /** β1 and β2 to the power of this step's number. */
  power1: number;
  power2: number;
  epsilon: number;
}

export interface SgdNumbers {
  learningRate: number;
  momentum: number;
  nesterov: boolean;
  /** Share of every weight that is taken away before the step. */
  decay: number;
}

/** A backend that has the kernels of `layers.ts`: what it does beside them, variables in place. */
export interface FusedBackend {
  /** Whether its kernel `BatchNormTraining` takes these inputs. */
  normalizes(x: Tensor): boolean;
  /** moving = momentum · moving + (1 − momentum) · value. */
  moveTowards(moving: Variable, value: Tensor, momentum: number): void;
  /** The accumulators of each update are the two moments. */
  adam(updates: Update[], numbers: AdamNumbers): void;
  /** Each update has one accumulator, the velocity, or none. */
  sgd(updates: Update[], numbers: SgdNumbers): void;
}

const backends = new Map<string, FusedBackend>();

export function registerFused(name: string, backend: FusedBackend): void {
  backends.set(name, backend);
}

/** The backend in use, if it is a fused one. */
export function fusedBackend(): FusedBackend | undefined {
  return backends.get(tf.getBackend());
}
