import { fileURLToPath } from 'node:url';
import {
  evaluate,
  fit,
  loadEmoji10,
  preprocess,
  resnetV1,
  setRandomSeed,
  takeImages,
  tf,
  useBackend,
} from 'resnet-lab';
import work from './common.cjs';

const lab = { evaluate, fit, loadEmoji10, preprocess, resnetV1, setRandomSeed, takeImages, tf, useBackend };
const result = await work(lab);
console.log(JSON.stringify({ ...result, file: fileURLToPath(import.meta.resolve('resnet-lab')) }));
