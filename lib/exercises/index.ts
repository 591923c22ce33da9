// What the checks of exercises are written with: import * as check from 'resnet-lab/exercises'.
export { close, equal, fails, shape } from './compare';
export { type Check, grade } from './grade';
