import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resnetLayer, resnetV1, setRandomSeed, tf } from 'resnet-lab';

describe('resnetV1', () => {
  it('says that the depth should be 6n+2', () => {
    for (const depth of [19, 21, 2, -4, 20.5, Number.NaN]) {
      assert.throws(
        () => resnetV1([32, 32, 3], depth),
        new RegExp(`RangeError.*6n\\+2 \\(e\\.g\\. 20, 32, 44\\), received ${depth}`),
      );
    }
  });

  it('refuses shapes and numbers that it cannot build, with what it received', () => {
    assert.throws(() => resnetV1([28, 32, 3], 20), /RangeError.*at least 29, received \[28,32,3\]/);
    assert.throws(() => resnetV1([32, 32] as never, 20), /RangeError.*\[height, width, channels\].*received \[32,32\]/);
    assert.throws(() => resnetV1([32, 32, 3], 20, 0), /RangeError.*numClasses.*received 0/);
    const inputs = tf.input({ shape: [8, 8, 3] });
    assert.throws(() => resnetLayer(inputs, { numFilters: 1.5 }), /RangeError.*numFilters.*received 1\.5/);
    assert.throws(() => resnetLayer(inputs, { kernelSize: 0 }), /RangeError.*kernelSize.*received 0/);
  });

  it('builds for the smallest image and for other numbers of classes and channels', () => {
    assert.deepEqual(resnetV1([29, 29, 1], 8, 3).outputs[0].shape, [null, 3]);
  });

  it('is an ordinary tf.LayersModel: JSON and back', async () => {
    const model = resnetV1([32, 32, 3], 8);
    const copy = await tf.models.modelFromJSON({ modelTopology: JSON.parse(model.toJSON() as string) });
    assert.deepEqual(
      copy.layers.map((layer) => layer.getClassName()),
      model.layers.map((layer) => layer.getClassName()),
    );
    assert.equal(copy.countParams(), model.countParams());
  });
});

describe('initial weights', () => {
  it("have he_normal's standard deviation, √(2 / fan in), which TensorFlow.js's own heNormal misses", () => {
    const model = resnetV1([32, 32, 3], 8);
    const kernels = model
      .getWeights()
      .filter(({ shape }) => shape.length === 4 && shape[0] * shape[1] * shape[2] * shape[3] > 9000);
    assert.ok(kernels.length > 1);
    for (const kernel of kernels) {
      const [height, width, channels] = kernel.shape;
      const { variance, mean } = tf.moments(kernel);
      const ratio = Math.sqrt(variance.dataSync()[0]) / Math.sqrt(2 / (height * width * channels));
      assert.ok(Math.abs(ratio - 1) < 0.03, `${kernel.shape}: ${ratio}`);
      assert.ok(Math.abs(mean.dataSync()[0]) < 0.01);
    }
  });

  it('come from the seed', () => {
    const weights = (seed: number) => {
      setRandomSeed(seed);
      return resnetV1([32, 32, 3], 8)
        .getWeights()
        .flatMap((weight) => [...weight.dataSync()]);
    };
    const first = weights(7);
    assert.deepEqual(weights(7), first);
    assert.notDeepEqual(weights(8), first);
    assert.throws(() => setRandomSeed(-1), /RangeError.*received -1/);
  });
});
