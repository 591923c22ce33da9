"""A linear probe on the features of real Keras's VGG16: the reference of the frozen base in lesson 06.

    python tests/keras/linear_probe.py ARCHIVE WEIGHTS [--images N] [--tests N]

ARCHIVE is in CIFAR-10's binary layout, WEIGHTS Keras's file of VGG16 without top. Logistic regression on features of unit variance;
its regularisation is chosen on a tenth of the training images, as the test images are for the end alone. KERAS_BACKEND says what computes.
"""
import argparse

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from vgg16_features import features, load_images

parser = argparse.ArgumentParser()
parser.add_argument("archive")
parser.add_argument("weights")
parser.add_argument("--images", type=int, default=50_000)
parser.add_argument("--tests", type=int, default=10_000)
options = parser.parse_args()

(images, labels), (test_images, test_labels) = load_images(options.archive)
images, labels = features(options.weights, images[: options.images]), labels[: options.images]
test_images, test_labels = features(options.weights, test_images[: options.tests]), test_labels[: options.tests]
count = len(labels) - round(0.1 * len(labels))


def probe(strength):
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=300)).fit(images[:count], labels[:count])


probes = [probe(strength) for strength in (1e-4, 1e-3, 1e-2, 1e-1, 1)]
held = [model.score(images[count:], labels[count:]) for model in probes]
best = probes[int(np.argmax(held))]
print(f"trained on {count} images: held out {max(held):.4f}, test {best.score(test_images, test_labels):.4f} "
      f"({len(test_labels)} images), C = {best[-1].C}")
