// VGG16 without its top (Simonyan and Zisserman 2014, configuration D; keras/applications/vgg16.py), with random weights.

/** Number of filters and of convolutions in each block; a pooling that halves the map ends it. */
const BLOCKS = [
  [64, 2],
  [128, 2],
  [256, 3],
  [512, 3],
  [512, 3],
];

/** A model from [batch, size, size, 3] to [batch, size / 32, size / 32, 512]. */
export function vgg16(tf, size) {
  const model = tf.sequential();
  let inputShape = [size, size, 3];
  for (const [filters, convolutions] of BLOCKS) {
    for (let i = 0; i < convolutions; i++) {
      model.add(tf.layers.conv2d({ inputShape, filters, kernelSize: 3, padding: 'same', activation: 'relu' }));
      inputShape = undefined;
    }
    model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  }
  return model;
}
