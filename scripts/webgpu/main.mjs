// npm run setup:webgpu [-- --undo]: the packages of the backend 'webgpu', in the folder .webgpu and nowhere else.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installOptional, optionalFolder, removeOptional, replaceOptional } from '../optional.mjs';
import { prove } from '../prove.mjs';
import { command, setup } from '../setup.mjs';

/** The package carries the programs of all platforms. */
function keepOwnPlatform(folder) {
  const programs = join(folder, 'node_modules', 'webgpu', 'dist');
  const own = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
  const names = readdirSync(programs);
  if (!names.includes(own)) {
    throw new Error(
      `The package webgpu has programs for ${names.join(', ')}, and this machine is ${own}; 'simd' works here.`,
    );
  }
  for (const name of names) if (name !== own) rmSync(join(programs, name), { recursive: true });
}

await command(() => {
  const options = process.argv.slice(2);
  const [option] = options;
  if (options.length > 1 || ![undefined, '--undo', '--without-proof'].includes(option)) {
    throw new Error(`Usage: npm run setup:webgpu [-- --undo]; received '${options.join(' ')}'.`);
  }
  if (option === '--undo') {
    console.log(removeOptional('webgpu') ? `Removed ${optionalFolder('webgpu')}.` : 'Nothing was installed.');
    return;
  }
  setup();
  replaceOptional('webgpu', () => {
    keepOwnPlatform(installOptional('webgpu', (name) => name === 'tfjs-backend-webgpu'));
    writeFileSync(join(optionalFolder('webgpu'), 'use.json'), JSON.stringify({ package: 'webgpu' })); // what is asked whether it is here
    if (option === '--without-proof') return; // the tests prove more
    const { device, imagesPerSecond } = prove('webgpu');
    console.log(
      [
        `WebGPU works: ${device}; webgpu 0.6.2, tfjs-backend-webgpu 4.22.0, Node ${process.versions.node}.`,
        `ResNet-8, batch 32: ${imagesPerSecond.toFixed(0)} images a second in training.`,
        "await useBackend('webgpu') uses it, and so does useBackend(); npm run setup:webgpu -- --undo takes it away.",
      ].join('\n'),
    );
  });
});
