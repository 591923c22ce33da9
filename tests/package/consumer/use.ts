import { fit, type History, loadEmoji10, resnetV1, type tf } from 'resnet-lab';

export async function main(): Promise<History> {
  const { train } = await loadEmoji10();
  const model: tf.LayersModel = resnetV1([32, 32, 3], 8);
  // @ts-expect-error: as in use.mts
  const wrong: string = train.labels.length;
  return fit(model, train, { epochs: wrong.length });
}
