import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { type BackendName, tf, useBackend } from 'resnet-lab';

afterEach(() => {
  delete process.env.RESNET_BACKEND;
});

describe('useBackend', () => {
  it('chooses one that works and says what computes', async () => {
    const backend = await useBackend();
    assert.equal(backend.name, tf.getBackend());
    assert.match(backend.device, /^(CPU|GPU) \(.+\)$/);
    assert.ok(backend.threads >= 1);
  });

  it('takes the one that is named, or that RESNET_BACKEND names', async () => {
    assert.equal((await useBackend('cpu')).name, 'cpu');
    process.env.RESNET_BACKEND = 'wasm';
    assert.equal((await useBackend()).name, 'wasm');
    assert.equal((await useBackend('cpu')).name, 'cpu', 'a name in the program wins');
  });

  it('refuses a name that is none', async () => {
    await assert.rejects(useBackend('cuda' as BackendName), /RangeError.*received 'cuda'/);
    process.env.RESNET_BACKEND = 'constructor';
    await assert.rejects(useBackend(), /RangeError.*received 'constructor'/);
  });

  /** What `npm run setup:tensorflow` and `setup:webgpu` put into this repository is outside of theirs. */
  const elsewhere = {
    skip: ['.tensorflow', '.webgpu'].some((folder) => existsSync(folder)) && 'one of them is installed',
  };

  it('says what is missing and how to get it, where a package is not here', elsewhere, async () => {
    await assert.rejects(useBackend('tensorflow'), {
      message: /tfjs-node-gpu: Cannot find.*npm run setup:tensorflow.*npm run setup:gpu.*npm install .*tfjs-node-gpu/s,
    });
    await assert.rejects(useBackend('webgpu'), { message: /webgpu.*npm run setup:webgpu.*npm install webgpu@/s });
  });

  it('leaves a working backend in place when another does not load', elsewhere, async () => {
    await useBackend('wasm');
    await assert.rejects(useBackend('tensorflow'));
    await assert.rejects(useBackend('webgpu'));
    assert.equal(tf.getBackend(), 'wasm');
    assert.equal(
      tf.tidy(() => tf.add(1, 1).dataSync()[0]),
      2,
    );
  });
});
