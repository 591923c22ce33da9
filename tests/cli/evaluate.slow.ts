// The networks of this repository in our code and in real Keras, by the command that README.md names.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PRETRAINED_NAMES } from 'resnet-lab/dist/models/pretrained';
import { runCommand } from '../helpers/command';

describe('npm run evaluate -- --keras', () => {
  for (const name of PRETRAINED_NAMES) {
    it(`finds the same accuracy and loss of ${name} in Keras`, () => {
      const { status, stdout, stderr } = runCommand(
        ...['scripts/evaluate.mjs', '--model', name, '--data', 'emoji10', '--keras'],
      );
      assert.equal(status, 0, stderr);
      console.log(stdout.trim());
      const lines = [...stdout.matchAll(/^ResNet-\d+, (.*): (accuracy .*, loss \d\.\d{4})/gm)];
      assert.equal(lines.length, 2);
      const [[, ours, found], [, keras, expected]] = lines;
      assert.match(ours, /^backend simd$/);
      assert.match(keras, /^Keras 3\.\d+\.\d+ on jax$/);
      assert.equal(found, expected);
    });
  }
});
