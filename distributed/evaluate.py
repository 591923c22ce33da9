"""Measures a ResNet in Keras on images that npm run evaluate -- --keras has written down; prints one line of JSON."""
import argparse
import json
import os
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

from data import SHAPE, load_preprocess
from resnet import resnet_v1

BATCH = 256


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True, help="what saveKerasWeights wrote (.weights.h5)")
    parser.add_argument("--depth", type=int, required=True, help="of the ResNet, 6n+2")
    parser.add_argument("--images", required=True, help="bytes, [N, 32, 32, 3]")
    parser.add_argument("--labels", required=True, help="bytes, [N]")
    options = parser.parse_args()
    images = np.fromfile(options.images, np.uint8).reshape(-1, *SHAPE)
    labels = np.fromfile(options.labels, np.uint8)
    model = resnet_v1(SHAPE, options.depth)
    model.load_weights(options.weights)
    start = time.monotonic()
    probabilities = model.predict(load_preprocess(options.weights)(images), batch_size=BATCH, verbose=0)
    seconds = time.monotonic() - start
    of_truth = probabilities[np.arange(len(labels)), labels]
    print(json.dumps({
        "accuracy": float(np.mean(probabilities.argmax(axis=1) == labels)),
        "loss": float(-np.mean(np.log(np.maximum(of_truth, np.finfo(np.float32).tiny), dtype=np.float64))),
        "seconds": seconds,
        "version": f"{keras.__version__} on {keras.backend.backend()}",
    }))


main()
