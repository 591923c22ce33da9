// What a program of somebody who installed resnet-lab does; `lab` is the library as it was imported.
module.exports = async function work(lab) {
  const { name, threads } = await lab.useBackend('simd');
  const { train, test } = await lab.loadEmoji10();
  const split = lab.takeImages(train, 96);
  lab.setRandomSeed(1);
  const model = lab.resnetV1([32, 32, 3], 8);
  const options = { epochs: 1, batchSize: 32, seed: 2, preprocess: lab.preprocess.pixelMean(split) };
  const history = await lab.fit(model, split, options);
  const { accuracy } = await lab.evaluate(model, lab.takeImages(test, 50));
  return { name, threads, images: train.labels.length, loss: history.steps.loss, accuracy };
};
