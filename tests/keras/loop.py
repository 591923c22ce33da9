"""Real Keras in the loop of tests/models/keras-loop.slow.ts, with the environment of distributed/requirements.txt.

    loop.py write FOLDER    Keras writes weights, inputs and outputs of the models below
    loop.py check FOLDER    Keras reads what was written there since, and compares its outputs with those that stand there
"""
import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "distributed"))
import absl.logging
import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group
from resnet import resnet_v1

IMAGES = 3
absl.logging.set_verbosity("error")  # files of Keras 2 are wanted here


def head(base, *hidden):
    x = base
    for layer in (*hidden, layers.Dropout(0.5), layers.Dense(10, activation="softmax")):
        x = layer(x)
    return x


def vgg16(**options):
    return keras.applications.VGG16(**{"weights": None, "include_top": False, "input_shape": (32, 32, 3)} | options)


def transfer_gap():
    base = vgg16()
    return keras.Model(base.inputs, head(base.output, layers.GlobalAveragePooling2D()))


def transfer_dense():
    whole = resnet_v1((32, 32, 3), 8)
    base = keras.Model(whole.inputs, whole.layers[-4].output)  # without pooling, flatten and dense
    return keras.Model(base.inputs, head(base.output, layers.Flatten(), layers.Dense(512, activation="relu")))


def transfer_fc2():
    full = vgg16(include_top=True, classes=7)
    return keras.Model(full.inputs, head(full.get_layer("fc2").output, layers.Dense(512, activation="relu")))


def nested():
    return keras.Sequential([keras.Input((32, 32, 3)), vgg16(), layers.Flatten(), layers.Dense(10, activation="softmax")])


MODELS = {
    "resnet20": lambda: resnet_v1((32, 32, 3), 20),
    "vgg16": vgg16,
    "gap": transfer_gap,
    "dense": transfer_dense,
    "fc2": transfer_fc2,
    "nested": nested,
}
PRETRAINED = Path(__file__).resolve().parents[2] / "data" / "pretrained"
FULL = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"  # the official name


def draw(model, seed):
    """Weights that keep activations alive through all layers; variances are positive."""
    random = np.random.default_rng(seed)

    def weight(variable):
        shape = variable.shape
        if len(shape) > 1:
            return random.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
        if "variance" in variable.path:
            return random.uniform(0.5, 1.5, shape)
        # Residual branches that add little: with more, the softmax behind twenty layers would say 0 and 1 whatever the weights.
        return random.uniform(0.2, 0.5, shape) if "gamma" in variable.path else random.normal(0, 0.1, shape)

    model.set_weights([weight(variable).astype("float32") for variable in model.weights])


def images(model):
    shape = (IMAGES, *model.input_shape[1:])
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def write(folder):
    for seed, (name, build) in enumerate(MODELS.items()):
        model = build()
        draw(model, seed)
        model.save_weights(folder / f"{name}.weights.h5")
        model.save(folder / f"{name}.h5")
        with h5py.File(folder / f"{name}.legacy.h5", "w") as file:
            save_weights_to_hdf5_group(file, model)
        keep(folder, name, model)
    full = vgg16(include_top=True, input_shape=(224, 224, 3))
    draw(full, len(MODELS))
    with h5py.File(folder / FULL, "w") as file:
        save_weights_to_hdf5_group(file, full)
    keep(folder, "full", full)
    trained = MODELS["resnet20"]()
    trained.load_weights(PRETRAINED / "resnet20.weights.h5")
    keep(folder, "pretrained", trained)


def keep(folder, name, model):
    inputs = images(model)
    inputs.tofile(folder / f"{name}.inputs.bin")
    outputs = model.predict(inputs, verbose=0)
    is_softmax = np.allclose(outputs.sum(-1), 1, atol=1e-3)
    assert not (is_softmax and name in MODELS and outputs.max() > 0.999), f"{name} says 0 and 1 whatever the weights"
    outputs.tofile(folder / f"{name}.outputs.bin")


def check(folder):
    errors = {}
    for name, build in MODELS.items():
        for form in ("weights.h5", "h5"):
            model = build()
            model.load_weights(folder / f"{name}.{form}")
            outputs = model.predict(images(model), verbose=0)
            expected = np.fromfile(folder / f"{name}.outputs.bin", "float32").reshape(outputs.shape)
            errors[f"{name}.{form}"] = float(np.max(np.abs(outputs - expected) / (1 + np.abs(expected))))
    print(json.dumps(errors))


command, folder = sys.argv[1:]
{"write": write, "check": check}[command](Path(folder))
