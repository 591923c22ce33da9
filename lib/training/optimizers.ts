import type { NamedTensor } from '@tensorflow/tfjs-core/dist/tensor_types';
import { type FusedBackend, fusedBackend, type Update } from '../backends/fused/registry';
import { tf } from '../tf';

type Gradients = Parameters<tf.AdamOptimizer['applyGradients']>[0];

/** An optimiser's state for one variable, as TensorFlow.js's optimisers keep it. */
interface Accumulator {
  originalName: string;
  variable: tf.Variable;
}

export interface SgdOptions {
  /** Share of the last step that the next one keeps; 0 by default. */
  momentum?: number;
  /** Whether the gradient counts as if taken after the kept share of the step (Nesterov's momentum). */
  nesterov?: boolean;
  /** Share of every weight, times the learning rate, that is taken away before a step; 0 by default. */
  weightDecay?: number;
}

/**
 * Adam (Kingma and Ba 2015) with TensorFlow.js's constants, β1 0.9, β2 0.999, ε 1e-7, which are Keras's. On the backends
 * `simd` and `tensorflow` their own kernels update the variables; elsewhere it is `tf.train.adam`, whose state it has everywhere.
 *
 * @throws RangeError unless the learning rate is a number of at least 0.
 */
export function adam(learningRate = 1e-3): tf.AdamOptimizer {
  checkNumber('learningRate', learningRate, Number.POSITIVE_INFINITY);
  return new Adam(learningRate, 0.9, 0.999, 1e-7);
}

/**
 * Stochastic gradient descent as Keras's `SGD`: velocity = momentum · velocity − rate · gradient is added to the weights.
 * Weight decay is decoupled (Loshchilov and Hutter 2019), for models without an L2 penalty.
 *
 * @throws RangeError unless the learning rate and the weight decay are numbers of at least 0 and the momentum is below 1.
 */
export function sgd(learningRate = 0.01, options: SgdOptions = {}): tf.Optimizer {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = options;
  checkNumber('learningRate', learningRate, Number.POSITIVE_INFINITY);
  checkNumber('momentum', momentum, 1);
  checkNumber('weightDecay', weightDecay, Number.POSITIVE_INFINITY);
  return new Sgd(learningRate, momentum, nesterov, weightDecay);
}

function checkNumber(name: string, value: number, below: number): void {
  if (typeof value === 'number' && value >= 0 && value < below) return;
  const range = below === Number.POSITIVE_INFINITY ? 'of at least 0' : `from 0 to below ${below}`;
  throw new RangeError(`${name} should be a number ${range}, received ${value}.`);
}

/** What `tf.AdamOptimizer` keeps to itself. */
interface AdamState {
  accumulatedFirstMoment: Accumulator[];
  accumulatedSecondMoment: Accumulator[];
  accBeta1: tf.Variable;
  accBeta2: tf.Variable;
}

class Adam extends tf.AdamOptimizer {
  override applyGradients(variableGradients: Gradients): void {
    const state = this as unknown as AdamState;
    const gradients = list(variableGradients);
    const updates = gradients.flatMap(({ variable, gradient }, i): Update[] => {
      const first = accumulator(state.accumulatedFirstMoment, i, variable, 'm');
      const second = accumulator(state.accumulatedSecondMoment, i, variable, 'v');
      return gradient ? [{ variable, gradient, accumulators: [first, second] }] : [];
    });
    const backend = backendFor(updates);
    if (backend === undefined) {
      super.applyGradients(variableGradients);
      return;
    }
    const { beta1, beta2, learningRate } = this;
    // From the count of steps, not from the product so far: a model that was saved goes on with the very same numbers.
    const [power1, power2] = [beta1, beta2].map((beta) => beta ** (this.iterations + 1));
    backend.adam(updates, { beta1, beta2, learningRate, power1, power2, epsilon: this.epsilon as number });
    tf.tidy(() => {
      state.accBeta1.assign(tf.scalar(power1 * beta1));
      state.accBeta2.assign(tf.scalar(power2 * beta2));
    });
    this.incrementIterations();
  }

  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const { accumulatedFirstMoment, accumulatedSecondMoment } = this as unknown as AdamState;
    disposeAll([...accumulatedFirstMoment, ...accumulatedSecondMoment]);
    await super.setWeights(weights);
  }
}

class Sgd extends tf.SGDOptimizer {
  /** In files of models that are saved with their optimiser. */
  static override readonly className = 'KerasSGD';
  private velocities: Accumulator[] = [];

  constructor(
    learningRate: number,
    private readonly momentum: number,
    private readonly nesterov: boolean,
    private readonly weightDecay: number,
  ) {
    super(learningRate);
  }

  override applyGradients(variableGradients: Gradients): void {
    const hasVelocity = this.momentum > 0;
    const updates = list(variableGradients).flatMap(({ variable, gradient }, i): Update[] => {
      const accumulators = hasVelocity ? [accumulator(this.velocities, i, variable, 'velocity')] : [];
      return gradient ? [{ variable, gradient, accumulators }] : [];
    });
    const decay = this.learningRate * this.weightDecay;
    const { learningRate, momentum, nesterov } = this;
    const backend = backendFor(updates);
    if (backend) backend.sgd(updates, { learningRate, momentum, nesterov, decay });
    else {
      tf.tidy(() => {
        for (const update of updates) this.updateByOps(update, decay);
      });
    }
    this.incrementIterations();
  }

  private updateByOps({ variable, gradient, accumulators: [velocity] }: Update, decay: number): void {
    const decayed = decay > 0 ? tf.sub(variable, tf.mul(variable, decay)) : variable;
    const change = tf.mul(gradient, this.learningRate);
    if (velocity === undefined) {
      variable.assign(tf.sub(decayed, change));
      return;
    }
    velocity.assign(tf.sub(tf.mul(velocity, this.momentum), change));
    const step = this.nesterov ? tf.sub(tf.mul(velocity, this.momentum), change) : velocity;
    variable.assign(tf.add(decayed, step));
  }

  override dispose(): void {
    super.dispose();
    disposeAll(this.velocities);
    this.velocities = [];
  }

  override async getWeights(): Promise<NamedTensor[]> {
    const velocities = this.velocities.map(({ originalName: name, variable: tensor }) => ({ name, tensor }));
    return [await this.saveIterations(), ...velocities];
  }

  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const velocities = await this.extractIterations(weights);
    disposeAll(this.velocities);
    this.velocities = velocities.map(({ name, tensor }) => ({
      originalName: name,
      variable: (tensor as tf.Tensor).variable(false),
    }));
  }

  override getConfig(): ReturnType<tf.SGDOptimizer['getConfig']> {
    const { learningRate, momentum, nesterov, weightDecay } = this;
    return { learningRate, momentum, nesterov, weightDecay };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    { learningRate, momentum, nesterov, weightDecay }: tf.serialization.ConfigDict,
  ): T {
    return new cls(learningRate, momentum, nesterov, weightDecay);
  }
}
tf.serialization.registerClass(Sgd);
// A model that was saved with Adam goes on with this one; its state is the same.
tf.serialization.registerClass(Adam);

/** The backend that takes these updates at once, if the one in use does. */
function backendFor(updates: Update[]): FusedBackend | undefined {
  return updates.every(({ gradient }) => gradient.dtype === 'float32') ? fusedBackend() : undefined;
}

function disposeAll(accumulators: Accumulator[]): void {
  tf.dispose(accumulators.map(({ variable }) => variable));
}

/** Variables with their gradients, in the order that the optimiser is given them. */
function list(gradients: Gradients): { variable: tf.Variable; gradient: tf.Tensor | null }[] {
  const pairs = Array.isArray(gradients)
    ? gradients.map(({ name, tensor }) => [name, tensor] as const)
    : Object.entries(gradients as Record<string, tf.Tensor>);
  const variables = tf.engine().registeredVariables;
  return pairs.map(([name, gradient]) => ({ variable: variables[name], gradient: gradient as tf.Tensor | null }));
}

/** The variable's accumulator, zeros at first. */
function accumulator(all: Accumulator[], i: number, variable: tf.Variable, suffix: string): tf.Variable {
  all[i] ??= {
    originalName: `${variable.name}/${suffix}`,
    variable: tf.tidy(() => tf.zerosLike(variable).variable(false)),
  };
  const { originalName, variable: state } = all[i];
  if (!tf.util.arraysEqual(state.shape, variable.shape)) {
    throw new Error(
      `The optimizer's state '${originalName}' has the shape [${state.shape}], but the variable '${variable.name}' [${variable.shape}]. Give each model an optimizer of its own, and a new one when layers are frozen or thawed.`,
    );
  }
  return state;
}
