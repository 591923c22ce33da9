// Imported and required in one process: were there two instances, the one would not see the other's backend.
import { createRequire } from 'node:module';
import * as imported from 'resnet-lab';
import work from './common.cjs';

const required = createRequire(import.meta.url)('resnet-lab');
const first = await work(imported);
const backend = required.tf.getBackend();
const second = await work(required);
const names = Object.keys(required);
const found = new Map(Object.entries(imported));
const missing = names.filter((name) => found.get(name) !== required[name]);
console.log(JSON.stringify({ first, second, backend, names, missing }));
