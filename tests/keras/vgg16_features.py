"""Features of images from real Keras's VGG16 without top, for tests/mirror/vgg16.mirror.ts and linear_probe.py.

    python tests/keras/vgg16_features.py ARCHIVE WEIGHTS COUNT FILE    of the first test images, [COUNT, 512] as float32
"""
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "distributed"))
import keras
from data import load_images


def features(weights, images):
    network = keras.applications.VGG16(weights=None, include_top=False, input_shape=images.shape[1:])
    network.load_weights(weights)
    inputs = keras.applications.vgg16.preprocess_input(images.astype("float32"))
    return network.predict(inputs, batch_size=128, verbose=0).reshape(len(images), -1)


if __name__ == "__main__":
    archive, weights, count, file = sys.argv[1:]
    _, (images, _) = load_images(archive)
    features(weights, images[: int(count)]).tofile(file)
