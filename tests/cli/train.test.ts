// `npm run train` as a person types it, on a few images of Emoji-10.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { evaluate, loadEmoji10, loadKerasWeights, resnetV1, useBackend } from 'resnet-lab';
import { readLog } from '../../cli/log';
import { runCommand } from '../helpers/command';
import { temporaryFolder } from '../helpers/folder';

const train = (...options: string[]) => runCommand('scripts/run.mjs', 'cli/train.ts', ...options);

describe('npm run train', () => {
  it('keeps the weights of the epoch that is best on the held-out images, and measures those', async () => {
    const folder = temporaryFolder();
    const [save, log] = [join(folder, 'best.weights.h5'), join(folder, 'log.csv')];
    const { status, stdout, stderr } = train(
      ...['--recipe', 'fast', '--data', 'emoji10', '--depth', '8', '--limit', '320', '--epochs', '3', '--batch', '16'],
      ...['--save', save, '--log', log],
    );
    assert.equal(status, 0, stderr);
    const heldOut = readLog(log).history.val_accuracy as number[];
    assert.equal(heldOut.length, 3);
    const best = heldOut.indexOf(Math.max(...heldOut)) + 1;
    assert.match(stdout, new RegExp(`best.weights.h5 has the weights of epoch ${best}\\.`));
    await useBackend();
    const model = resnetV1([32, 32, 3], 8);
    await loadKerasWeights(model, save);
    const { accuracy } = await evaluate(model, (await loadEmoji10()).test);
    assert.match(stdout, new RegExp(`Test accuracy ${accuracy.toFixed(4)},`));
  });

  it('goes on with --checkpoint, and counts the seconds before', () => {
    const checkpoint = join(temporaryFolder(), 'checkpoint');
    const options = ['--data', 'emoji10', '--depth', '8', '--limit', '96', '--checkpoint', checkpoint, '--epochs'];
    const secondsOf = (stdout: string) => Number(/^Trained for (\d+\.\d) s/m.exec(stdout)?.[1]);
    const first = train(...options, '3');
    const again = train(...options, '3');
    assert.match(first.stdout, /^Epoch 3\/3/m);
    assert.doesNotMatch(again.stdout, /^Epoch/m);
    assert.ok(secondsOf(again.stdout) > secondsOf(first.stdout) / 2, `${first.stdout}${again.stdout}`);
    const accuracy = /Test accuracy .*/;
    assert.equal(accuracy.exec(again.stdout)?.[0], accuracy.exec(first.stdout)?.[0]);
  });

  it("follows Keras's schedule with --recipe keras", () => {
    const log = join(temporaryFolder(), 'log.csv');
    const { status, stdout } = train(
      ...['--recipe', 'keras', '--data', 'emoji10', '--depth', '8', '--limit', '4', '--validation', '0'],
      ...['--epochs', '200', '--log', log],
    );
    assert.equal(status, 0);
    const rates = readLog(log).history.learning_rate as number[];
    assert.match(stdout, /^Epoch 200\/200: /m);
    const steps = [0, 80, 81, 120, 121, 160, 161, 180, 181, 199].map((epoch) => rates[epoch].toPrecision(3));
    assert.deepEqual(steps.map(Number), [1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6, 5e-7, 5e-7]);
  });

  for (const [options, message] of [
    [['--recipe', 'slow'], /--recipe should be one of plain, fast, keras, received 'slow'/],
    [['--save', 'weights.bin'], /should end in \.weights\.h5, received weights\.bin/],
    [['--epochs', '1.5'], /--epochs should be a whole number.*received 1\.5/],
  ] as const) {
    it(`refuses ${options.join(' ')}`, () => {
      const { status, stdout, stderr } = train(...options);
      assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
      assert.match(stderr, message);
    });
  }
});
