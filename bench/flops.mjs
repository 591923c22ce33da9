// What a model costs, read off its layers.

/**
 * Floating-point operations of one image's way through a tfjs model: a multiplication and an addition for each weight of
 * a convolution at each place where it is applied, and for each weight of a dense layer. The rest is small beside them.
 */
export function forwardFlops(model) {
  const operations = model.layers.map((layer) => {
    const kind = layer.getClassName();
    if (kind !== 'Conv2D' && kind !== 'Dense') return 0;
    const places = kind === 'Conv2D' ? layer.outputShape[1] * layer.outputShape[2] : 1;
    return 2 * places * layer.weights[0].shape.reduce((product, length) => product * length, 1);
  });
  return operations.reduce((sum, n) => sum + n, 0);
}
