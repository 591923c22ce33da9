// WebGPU in Node on a software adapter (tests/helpers/vulkan.mjs): what TensorFlow.js leaves to a browser, and what goes wrong.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runScript } from '../helpers/child';

const SOFTWARE = "process.env.RESNET_GPU = 'software';";
/** Whether there is an adapter to test with, without starting Dawn in this process. */
const probe = runScript("console.log((await lab.useBackend('webgpu')).device);", { first: SOFTWARE });

/** `npm run test:slow` installs the packages, and Chromium brings the adapter. */
const mayMiss = !existsSync('.webgpu') || process.env.VK_ADD_DRIVER_FILES === undefined;

/** Runs a script with the backend in use, and gives what it prints on stdout. */
async function onSoftware(script: string, first = SOFTWARE): Promise<{ stdout: string; stderr: string }> {
  const { code, ...printed } = await runScript(`const backend = await lab.useBackend('webgpu');\n${script}`, { first });
  assert.equal(code, 0, printed.stderr);
  return printed;
}

async function main() {
  const { code, stdout, stderr } = await probe;
  const { stdout: real } = await runScript(
    "await lab.useBackend('webgpu').then(() => console.log('real'), () => {});",
    {
      first: 'delete process.env.RESNET_GPU;',
    },
  );
  const why =
    real !== ''
      ? 'the machine has a GPU, and these are about one without'
      : code !== 0 && mayMiss && stderr.slice(-500);
  describe('webgpu', { skip: why }, () => {
    it('says which adapter computes and how large a tensor it takes', () => {
      assert.match(stdout, /^GPU \(.*swiftshader.*, WebGPU, tensors up to \d+ MiB\)\n$/i);
    });

    it('refuses a software adapter that nobody asked for, and auto passes it over with a warning', async () => {
      const first = 'delete process.env.RESNET_GPU;';
      const named = await runScript("await lab.useBackend('webgpu').catch((e) => console.log(e.message));", { first });
      assert.match(named.stdout, /no GPU, only SwiftShader.*Vulkan.*RESNET_GPU=software\.\n$/);
      const auto = await runScript('console.log((await lab.useBackend()).name);', { first });
      assert.equal(auto.stdout, 'simd\n');
      assert.match(auto.stderr, /Warning: The GPU is left alone .*SwiftShader/);
      const none = await runScript('console.log((await lab.useBackend()).name);', {
        first: "process.env.RESNET_GPU = 'none';",
      });
      assert.deepEqual([none.stdout, none.stderr], ['simd\n', '']);
    });

    it('takes an adapter by a part of its name, and lists those that there are when it has none of that name', async () => {
      const script =
        "await lab.useBackend('webgpu').then((b) => console.log(b.device), (e) => console.log(e.message));";
      const other = await runScript(script, { first: "process.env.RESNET_GPU = 'Voodoo';" });
      assert.match(other.stdout, /^RESNET_GPU is 'Voodoo', .*SwiftShader Device.*part of one of those names/);
      const software = await runScript(script, { first: "process.env.RESNET_GPU = 'SwiftShader';" });
      assert.match(software.stdout, /no GPU, only SwiftShader/, 'a name does not ask for software');
    });

    it('reads with and without waiting, in any order, and the process ends by itself', async () => {
      const { stdout, stderr } = await onSoftware(`
        const x = tf.range(0, 5000).square();
        const y = x.add(1);
        const waited = y.data();
        console.log(x.dataSync()[70], (await waited)[70], tf.ones([50, 60]).add(1).sum().arraySync());
        await new Promise(setImmediate);
        await require('node:util').promisify(setImmediate)();
        const note = console.log.bind(console, 'after its turn');
        setImmediate(note);
        clearImmediate(setImmediate(console.log.bind(console, 'never')));
        console.log(tf.range(0, 2000).add(1).dataSync()[9]);
        await new Promise((resolve) => setTimeout(resolve, 20));
        console.log(Array.from(tf.complex([1, 2], [3, 4]).dataSync()).join());
        tf.ones([2, 2]).print();`);
      assert.equal(stdout, '4900 4901 6000\n10\nafter its turn\n1,3,2,4\nTensor\n    [[1, 1],\n     [1, 1]]\n');
      assert.equal(stderr, '');
    });

    it('tells of an operation that the adapter refuses at every read, and starts anew when asked', async () => {
      const { stdout } = await onSoftware(`
        const read = (x) => x.data().then(([value]) => console.log(value), (error) => console.log(error.message));
        const counter = tf.variable(tf.ones([3000]));
        counter.assign(counter.add(1));
        const huge = tf.zeros([20000, 20000]).add(1); // 1.6 GB
        counter.assign(counter.add(1));
        await read(huge);
        await read(counter); // its updates went with the refused operation
        await lab.useBackend('webgpu');
        await read(tf.ones([3000]).add(1));`);
      const refused =
        'The GPU \\(.*\\) refused an operation: .* What it computed since then is wrong\\. .* smaller batch\\.\\n';
      assert.match(stdout, new RegExp(`^${refused}${refused}2\\n$`));
    });

    it('tells of a lost device, and takes a new one when asked again', async () => {
      const { stdout, stderr } = await onSoftware(`
        const [model, images] = [lab.resnetV1([32, 32, 3], 8), tf.ones([2, 32, 32, 3])];
        tf.backend().device.destroy();
        await new Promise((resolve) => setTimeout(resolve, 50));
        await model.predict(images).data().catch((error) => console.log(error.message));
        try { tf.ones([3000]).add(1).dataSync(); } catch (error) { console.log(error.message); }
        console.log((await lab.useBackend('webgpu')).name, tf.ones([3000]).add(1).dataSync()[2999]);`);
      const lost = 'The GPU \\(.*\\) was lost \\(destroyed: .*\\) and what it held is gone\\. Call useBackend again';
      assert.match(stdout, new RegExp(`^${lost}.*\\n${lost}.*\\nwebgpu 2\\n$`));
      assert.match(stderr, new RegExp(`Warning: ${lost}`));
    });
  });
}

main();
