import * as tf from '@tensorflow/tfjs';

// Without this TensorFlow.js prints an advertisement on stderr at the first operation.
tf.enableProdMode();

export { tf };
