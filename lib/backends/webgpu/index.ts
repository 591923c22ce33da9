import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MissingPackage, reason } from '../../errors';
import { optionalFolder } from '../../paths';
import { tf } from '../../tf';
import { chooseAdapter, describeAdapter, requestDevice } from './adapter';
import type { WebGPUBackendClass } from './backend';
import type { Gpu } from './gpu';
import { watchTicks } from './ticks';

const BACKEND = 'webgpu';

/** The package `webgpu`: Dawn, Chromium's WebGPU. */
interface Dawn {
  create(options: string[]): Gpu;
  globals: Record<string, unknown>;
}

let present: { device: string; isBroken(): boolean } | undefined;

/**
 * Registers TensorFlow.js's WebGPU backend with a device of the package `webgpu`, once, and anew after that
 * device was lost or refused something.
 *
 * @returns what computes, and the limit of its memory.
 * @throws Error when a package or a GPU is missing, with how to get it.
 */
export async function registerWebgpu(): Promise<string> {
  if (present && !present.isBroken()) return present.device;
  const { dawn, WebGPUBackend } = await loadPackages();
  watchTicks();
  for (const [name, value] of Object.entries(dawn.globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  const adapter = await chooseAdapter(dawn.create);
  const device = await requestDevice(adapter);
  const description = describeAdapter(adapter);
  const { watchedBackend } = await import('./backend.js'); // it takes WebGPU's constants from the globals
  const { backend, isBroken } = watchedBackend(WebGPUBackend, device, adapter.info, description);
  if (present) tf.removeBackend(BACKEND);
  tf.registerBackend(BACKEND, () => backend);
  present = { device: description, isBroken };
  return description;
}

/** From the folder of `npm run setup:webgpu`, or installed beside this library. */
async function loadPackages(): Promise<{ dawn: Dawn; WebGPUBackend: WebGPUBackendClass }> {
  const folder = optionalFolder('webgpu');
  const places = [...(folder ? [join(folder, 'package.json')] : []), __filename];
  const failures: string[] = [];
  for (const place of places) {
    const require = createRequire(place);
    try {
      const dawn = (await import(pathToFileURL(require.resolve('webgpu')).href)) as Dawn;
      const { WebGPUBackend } = require('@tensorflow/tfjs-backend-webgpu');
      return { dawn, WebGPUBackend };
    } catch (error) {
      failures.push(reason(error).split('\n')[0]);
    }
  }
  throw new MissingPackage(
    `The backend 'webgpu' needs the packages webgpu and @tensorflow/tfjs-backend-webgpu, which do not load (${failures.join('; ')}). \`npm run setup:webgpu\` installs them; outside of this repository \`npm install webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0\`.`,
  );
}
