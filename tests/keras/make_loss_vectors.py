"""A classifier that is wrong and very sure, in real Keras 3 on TensorFlow, for tests/training/logits.test.ts.

    /tmp/keras/bin/python tests/keras/make_loss_vectors.py        (the environment of make_vectors.py)

A dense softmax on numbers of formula(), times SCALE: losses of five steps of SGD, and the weights behind them.
"""
import json

import keras
import numpy as np
from keras import layers
from make_vectors import VECTORS, formula

BATCH, FEATURES, CLASSES, STEPS, RATE, SCALE = 6, 5, 4, 5, 0.01, 6

inputs = SCALE * formula(1, (BATCH, FEATURES))
model = keras.Sequential([layers.Input((FEATURES,)), layers.Dense(CLASSES, activation="softmax")])
model.set_weights([SCALE * formula(2, (FEATURES, CLASSES)), np.zeros(CLASSES, "float32")])
model.compile(keras.optimizers.SGD(RATE), "categorical_crossentropy")
targets = np.eye(CLASSES, dtype="float32")[np.arange(BATCH) % CLASSES]
losses = [float(model.train_on_batch(inputs, targets, return_dict=True)["loss"]) for _ in range(STEPS) if not model.reset_metrics()]
kernel, bias = [weight.flatten().tolist() for weight in model.get_weights()]
(VECTORS / "logits.json").write_text(json.dumps({"losses": losses, "kernel": kernel, "bias": bias}) + "\n")
