import { adam, type FitOptions, fit, type History, loadEmoji10, resnetV1, type tf } from 'resnet-lab';
import { CLASS_NAMES } from 'resnet-lab/dist/data/archive';

const { train } = await loadEmoji10();
const model: tf.LayersModel = resnetV1([32, 32, 3], 8);
const options: FitOptions = { epochs: 1, optimizer: adam(1e-3) };
export const history: History = await fit(model, train, options);
export const side: number = train.images.shape[1];
export const name: string = CLASS_NAMES[0];
// @ts-expect-error: it is a number. Where declarations are not found everything is `any`, and nothing an error.
export const wrong: string = train.labels.length;
