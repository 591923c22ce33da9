// The accuracy that README.md and data/pretrained/README.md state, from the shipped weights and the mirror's CIFAR-10, and the
// command that trains: it is the same on the official archive.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PRETRAINED_NAMES } from 'resnet-lab/dist/models/pretrained';
import { runCommand } from '../helpers/command';
import { temporaryFolder } from '../helpers/folder';
import { serveCifar10 } from '../helpers/mirror';

/** Five of 10,000 images, in points: processors round differently, and the mirror takes whichever JPEG decoder is current. */
const ROUNDING = 0.05;

serveCifar10();

describe("the result on the mirror's CIFAR-10", () => {
  const page = readFileSync(join('data', 'pretrained', 'README.md'), 'utf8');
  for (const name of PRETRAINED_NAMES) {
    it(`is what is stated of ${name}, here and in Keras`, () => {
      const stated = Number(new RegExp(`^\\| \`${name}\` .*\\| (\\d+\\.\\d+) % \\|`, 'm').exec(page)?.[1]);
      const { status, stdout, stderr } = runCommand(
        ...['scripts/evaluate.mjs', '--model', name, '--data', 'cifar10', '--keras'],
      );
      assert.equal(status, 0, stderr);
      console.log(stdout.trim());
      const found = [...stdout.matchAll(/: accuracy (0\.\d{4}) \(/g)].map(([, accuracy]) => 100 * Number(accuracy));
      assert.equal(found.length, 2);
      for (const accuracy of found) assert.ok(Math.abs(accuracy - stated) <= ROUNDING, `${accuracy}, stated ${stated}`);
    });
  }

  it('comes from a command that runs there', () => {
    const folder = temporaryFolder();
    const { status, stdout, stderr } = runCommand(
      ...['scripts/run.mjs', 'cli/train.ts', '--recipe', 'fast', '--data', 'cifar10', '--validation', '0.05'],
      ...['--depth', '8', '--limit', '5000', '--epochs', '6', '--checkpoint', join(folder, 'checkpoint')],
      ...['--log', join(folder, 'log.csv'), '--save', join(folder, 'best.weights.h5')],
    );
    assert.equal(status, 0, stderr);
    console.log(stdout.trim());
    const accuracy = Number(/^Trained for .* Test accuracy (0\.\d+), /m.exec(stdout)?.[1]);
    assert.ok(accuracy > 0.2, `${accuracy}`); // guessing is right in a tenth
  });
});
