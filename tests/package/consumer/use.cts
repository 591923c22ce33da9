import lab = require('resnet-lab');

export async function main(): Promise<lab.History> {
  const { train } = await lab.loadEmoji10();
  const model: lab.tf.LayersModel = lab.resnetV1([32, 32, 3], 8);
  // @ts-expect-error: as in use.mts
  const wrong: string = train.labels.length;
  return lab.fit(model, train, { epochs: wrong.length });
}
