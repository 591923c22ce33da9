"""Reference vectors from real Keras 3, read by tests/models/keras-vectors.test.ts and tests/data/augment.test.ts.

    python -m venv /tmp/keras && /tmp/keras/bin/pip install -r tests/keras/requirements.txt
    /tmp/keras/bin/python tests/keras/make_vectors.py

Weights, inputs and targets come from a formula, so that the files hold results only: NAME.json describes a case and
NAME.bin holds its arrays as little-endian float32, one after the other in the order of "arrays".
"""
import json
import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # the plain kernels: one order of summation
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "distributed"))  # the seed's builders

import keras
import numpy as np
import tensorflow as tf
from resnet import resnet_layer, resnet_v1

HERE = pathlib.Path(__file__).parent
VECTORS = HERE / "vectors"
SGD_STEPS, ADAM_STEPS = 10, 3
# Runs from weights that differ by at most one unit in the last place, to see how far rounding alone carries.
PERTURBED_RUNS = 8


def formula(stream, shape):
    """Numbers in [-1, 1) from a multiplicative hash of (stream, position); exact in 32-bit integers."""
    count = int(np.prod(shape))
    position = np.arange(count, dtype=np.uint32) + np.uint32((stream * 100_003) % 2**32)
    with np.errstate(over="ignore"):
        mixed = position * np.uint32(2654435761)
        mixed ^= mixed >> np.uint32(15)
        mixed *= np.uint32(2246822519)
        mixed ^= mixed >> np.uint32(13)
    return (mixed.astype(np.float64) / 2**31 - 1).astype(np.float32).reshape(shape)


def formula_weight(stream, name, shape):
    """Weights of the size that training would give them, by the kind that the variable's name tells."""
    u = formula(stream, shape)
    if name == "kernel":
        return u * np.float32(np.sqrt(6 / np.prod(shape[:-1])))
    if name == "gamma":
        return np.float32(1) + np.float32(0.2) * u
    if name == "moving_variance":
        return np.float32(1) + np.float32(0.3) * u
    return np.float32(0.1) * u


def set_weights(model, perturbation=0):
    """The formula's weights; a perturbation of 1, 2, … moves each by up to one unit in the last place."""
    stream = 1
    for layer in model.layers:
        values = []
        for weight in layer.weights:
            value = formula_weight(stream, weight.name, tuple(weight.shape))
            if perturbation:
                noise = formula(10_000 * perturbation + stream, value.shape)
                value = value * (np.float32(1) + np.float32(2**-23) * np.round(noise))
            values.append(value)
            stream += 1
        layer.set_weights(values)


def describe_layers(model):
    return [
        {
            "class": type(layer).__name__,
            "outputShape": list(layer.output.shape),
            "weights": [{"name": w.name, "shape": list(w.shape), "trainable": bool(w.trainable)} for w in layer.weights],
        }
        for layer in model.layers
    ]


class Arrays:
    def __init__(self):
        self.index, self.data = [], []

    def add(self, name, value):
        value = np.asarray(value, dtype="<f4")
        self.index.append({"name": name, "shape": list(value.shape)})
        self.data.append(value.tobytes())


def write(name, case, arrays):
    case["arrays"] = arrays.index
    (VECTORS / f"{name}.json").write_text(json.dumps(case, indent=1) + "\n")
    (VECTORS / f"{name}.bin").write_bytes(b"".join(arrays.data))


def make_case(name, build, input_shape, batch, loss_name, options):
    model = build()
    x = formula(1001, (batch, *input_shape)) * np.float32(0.5) + np.float32(0.5)
    output_shape = (batch, *model.output.shape[1:])
    if loss_name == "categoricalCrossentropy":
        loss_function = keras.losses.CategoricalCrossentropy()
        y = np.eye(output_shape[-1], dtype=np.float32)[[(3 * i + 1) % output_shape[-1] for i in range(batch)]]
    else:
        loss_function = keras.losses.MeanSquaredError()
        y = formula(1002, output_shape)

    def loss_of():
        return loss_function(y, model(x, training=True)) + tf.add_n([tf.constant(0.0), *model.losses])

    arrays = Arrays()
    set_weights(model)
    arrays.add("output", model(x, training=False))
    with tf.GradientTape() as tape:
        loss = loss_of()
    variables = [w.value for w in model.trainable_variables]
    for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, variables)):
        arrays.add(f"gradient {variable.path}", gradient)
    # The training pass above updated the moving statistics once.
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            arrays.add(f"statistics {layer.name}/moving_mean", layer.moving_mean)
            arrays.add(f"statistics {layer.name}/moving_variance", layer.moving_variance)

    def train(optimizer, steps, perturbation=0):
        set_weights(model, perturbation)
        losses = []
        for _ in range(steps):
            with tf.GradientTape() as tape:
                loss = loss_of()
            optimizer.apply(tape.gradient(loss, variables), model.trainable_variables)
            losses.append(float(loss))
        return losses

    def sgd(perturbation=0):
        return train(keras.optimizers.SGD(0.01), SGD_STEPS, perturbation)

    sgd_losses = sgd()
    others = [sgd(run) for run in range(1, PERTURBED_RUNS + 1)]
    differences = [max(abs(other[i] - loss) / abs(loss) for other in others) for i, loss in enumerate(sgd_losses)]

    case = {
        "keras": keras.__version__,
        "options": options,
        "inputShape": list(input_shape),
        "batch": batch,
        "loss": loss_name,
        "layers": describe_layers(model),
        "trainingLoss": float(loss),
        "sgdLosses": sgd_losses,
        # Per step, the largest relative difference so far that rounding makes in Keras itself.
        "sgdSpread": [float(f"{max(differences[: i + 1]):.2g}") for i in range(SGD_STEPS)],
        "adamLosses": train(keras.optimizers.Adam(0.001), ADAM_STEPS),
    }
    write(name, case, arrays)
    print(name, case["sgdLosses"][0], "→", case["sgdLosses"][-1], "Adam", case["adamLosses"])


def make_layer_case(name, input_shape, **options):
    def build():
        inputs = keras.layers.Input(input_shape)
        return keras.Model(inputs, resnet_layer(inputs, **options))

    make_case(name, build, input_shape, 3, "meanSquaredError", options)


def make_counts():
    counts = {}
    for depth in (8, 20, 32, 44, 56, 110):
        model = resnet_v1((32, 32, 3), depth)
        trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
        counts[depth] = {"total": model.count_params(), "trainable": trainable, "layers": len(model.layers)}
    (VECTORS / "parameter-counts.json").write_text(json.dumps(counts, indent=1) + "\n")
    print(counts)


def make_augmentations():
    """What Keras's ImageDataGenerator makes of one image under fixed shifts and flips.

    Its "tx" moves columns and "ty" rows. (Its random shifts draw "tx" from height_shift_range and "ty" from
    width_shift_range, which makes no difference for square images with equal ranges, the example's.)
    """
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(width_shift_range=0.1, height_shift_range=0.1, horizontal_flip=True, fill_mode="nearest")
    image = np.floor((formula(2001, (7, 6, 3)) * 0.5 + 0.5) * 256).astype(np.float32)
    cases = []
    for rows, columns, flip in [(0, 0, False), (0, 0, True), (1.7, 0, False), (-2.3, 0.4, False), (0.25, -3.2, True), (3, 2, True)]:
        transformed = generator.apply_transform(image, {"tx": columns, "ty": rows, "flip_horizontal": flip})
        cases.append({"rows": rows, "columns": columns, "flip": flip, "pixels": [round(float(v), 4) for v in transformed.ravel()]})
    case = {"keras": keras.__version__, "shape": list(image.shape), "image": [int(v) for v in image.ravel()], "cases": cases}
    (VECTORS / "augmentation.json").write_text(json.dumps(case) + "\n")


if __name__ == "__main__":
    VECTORS.mkdir(exist_ok=True)
    make_counts()
    make_augmentations()
    for depth, batch in ((8, 4), (20, 4)):
        make_case(f"resnet{depth}", lambda: resnet_v1((32, 32, 3), depth), (32, 32, 3), batch, "categoricalCrossentropy", {"depth": depth})
    make_layer_case("layer-default", (8, 8, 3))
    make_layer_case("layer-one-channel", (7, 9, 1), num_filters=5)
    make_layer_case("layer-conv-last", (8, 8, 3), conv_first=False)
    make_layer_case("layer-conv-last-one-channel", (9, 7, 1), num_filters=4, conv_first=False, strides=2)
    make_layer_case("layer-without-normalization", (8, 8, 3), batch_normalization=False)
    make_layer_case("layer-projection", (8, 8, 16), num_filters=32, kernel_size=1, strides=2, activation=None, batch_normalization=False)
    make_layer_case("layer-strided", (9, 8, 3), num_filters=8, kernel_size=5, strides=2, activation="tanh")
