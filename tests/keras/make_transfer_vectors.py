"""Training on a frozen base in real Keras 3, for tests/models/transfer.test.ts.

    /tmp/keras/bin/python tests/keras/make_transfer_vectors.py        (the environment of make_vectors.py)

ResNet-8 without its top under global average pooling and a softmax, with the weights, inputs and labels of
make_vectors.py's formulas: losses of SGD with the whole base frozen, then from the last block on.
"""
import json

import keras
import numpy as np
from keras import layers
from make_vectors import VECTORS, describe_layers, formula, set_weights
from resnet import resnet_v1

BATCH, CLASSES, STEPS, RATE = 8, 5, 5, 0.05

whole = resnet_v1((32, 32, 3), 8)
base = keras.Model(whole.inputs, whole.layers[-4].output)  # without pooling, flatten and dense
x = layers.GlobalAveragePooling2D()(base.output)
model = keras.Model(base.inputs, layers.Dense(CLASSES, activation="softmax")(x))

images = formula(1001, (BATCH, 32, 32, 3)) * np.float32(0.5) + np.float32(0.5)
labels = np.eye(CLASSES, dtype=np.float32)[[(3 * i + 1) % CLASSES for i in range(BATCH)]]


def train(first_trainable):
    """Freezes the layers before the one of that number, and trains."""
    for i, layer in enumerate(base.layers):
        layer.trainable = i >= first_trainable
    set_weights(model)
    model.compile(keras.optimizers.SGD(RATE), "categorical_crossentropy")
    losses = []
    for _ in range(STEPS):
        model.reset_metrics()  # each loss alone, no mean of those so far
        losses.append(float(model.train_on_batch(images, labels)))
    return {"firstTrainable": first_trainable, "losses": losses}


count = len(base.layers)
case = {
    "keras": keras.__version__,
    "layers": describe_layers(model),
    "batch": BATCH,
    "classes": CLASSES,
    "rate": RATE,
    "trainings": [train(count), train(count - 8), train(0)],
}
(VECTORS / "transfer.json").write_text(json.dumps(case, indent=1) + "\n")
print(case["trainings"])
