import assert from 'node:assert/strict';
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

  it('says what is missing and how to get it', async () => {
    await assert.rejects(useBackend('tensorflow'), /tfjs-node-gpu.*npm install/);
    await assert.rejects(useBackend('webgpu'), /not part of this version/);
    await assert.rejects(useBackend('cuda' as BackendName), /RangeError.*received 'cuda'/);
    process.env.RESNET_BACKEND = 'constructor';
    await assert.rejects(useBackend(), /RangeError.*received 'constructor'/);
  });

  it('leaves a working backend in place when another does not load', async () => {
    await useBackend('wasm');
    await useBackend('tensorflow').catch(() => {});
    assert.equal(tf.getBackend(), 'wasm');
    assert.equal(
      tf.tidy(() => tf.add(1, 1).dataSync()[0]),
      2,
    );
  });
});
