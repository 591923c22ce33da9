"""What the checks of the exercises compare with: numbers of real Keras 3, for tests/exercises/sources.test.ts, too.

    python -m venv /tmp/keras && /tmp/keras/bin/pip install -r tests/keras/requirements.txt
    /tmp/keras/bin/python tests/keras/make_exercise_vectors.py

Weights and inputs are sines of their position, as in the checks. Every check holds its numbers as they stand in
vectors/exercises.json, where a test looks for them.
"""
import json
import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "distributed"))  # the seed's builders

import keras
import numpy as np
from resnet import resnet_layer, resnet_v1


def wave(shape, start, size=1.0):
    return (size * np.sin(start + 0.7 * np.arange(np.prod(shape)))).astype("float32").reshape(shape)


def numbers(values):
    """Seven digits, as many as float32 has."""
    return [float(f"{value:.7g}") for value in np.ravel(values)]


def set_waves(model):
    """Weights that depend on the kind and shape of a layer, not on its place: any order of building gets the same."""
    for layer in model.layers:
        shapes = [weight.shape for weight in layer.weights]
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([wave(shapes[0], 1, 0.3), wave(shapes[1], 2, 0.1)])
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([1 + wave(shapes[0], 3, 0.2), wave(shapes[1], 4, 0.3), wave(shapes[2], 5, 0.2), 1 + wave(shapes[3], 6, 0.4)])
        elif isinstance(layer, keras.layers.Dense):
            layer.set_weights([wave(shapes[0], 7, 0.5), wave(shapes[1], 8, 0.1)])


def layer_outputs(**options):
    inputs = keras.Input((8, 8, 2))
    model = keras.Model(inputs, resnet_layer(inputs, **{"num_filters": 3, **options}))
    set_waves(model)
    result = model(wave((1, 8, 8, 2), 0), training=False).numpy()
    return numbers(np.concatenate([result.sum((1, 2)).ravel(), result[0, 1, 2, :3]]))


def block_outputs():
    inputs = keras.Input((8, 8, 2))
    branch = resnet_layer(resnet_layer(inputs, num_filters=2), num_filters=2, activation=None)
    model = keras.Model(inputs, keras.layers.Activation("relu")(keras.layers.add([inputs, branch])))
    set_waves(model)
    result = model(wave((1, 8, 8, 2), 0), training=False).numpy()
    return numbers(np.concatenate([result.sum((1, 2)).ravel(), result[0, 1, 2:5].ravel()]))


def resnet_outputs(depth, classes):
    model = resnet_v1((32, 32, 3), depth, classes)
    for layer in model.layers:  # small weights: the blocks add up
        shapes = [weight.shape for weight in layer.weights]
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([wave(shapes[0], 1, 0.05), wave(shapes[1], 2, 0.1)])
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([1 + wave(shapes[0], 3, 0.2), wave(shapes[1], 4, 0.3), wave(shapes[2], 5, 0.2), 1 + wave(shapes[3], 6, 0.4)])
        elif isinstance(layer, keras.layers.Dense):
            layer.set_weights([wave(shapes[0], 7, 0.05), wave(shapes[1], 8, 0.1)])
    return numbers(model(wave((1, 32, 32, 3), 0), training=False).numpy())


def counts(depth):
    model = resnet_v1((32, 32, 3), depth, 10)
    return [model.count_params(), sum(int(np.prod(w.shape)) for w in model.trainable_weights)]


def cosine():
    schedule = keras.optimizers.schedules.CosineDecay(0.0, decay_steps=90, alpha=0.0, warmup_target=0.1, warmup_steps=10)
    return numbers([schedule(step) for step in (0, 3, 9, 10, 40, 55, 99, 100, 150)])


def nesterov():
    weights = keras.Variable(np.array([1.0, -2.0, 0.5], "float32"))
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)
    rows = []
    for step in range(4):
        optimizer.apply_gradients([(np.array([0.3, -0.1, 0.2], "float32") * (step + 1), weights)])
        rows.append(numbers(weights.numpy()))
    return rows


def heavy_ball():
    weights = keras.Variable(np.array([1.0, -2.0, 0.5], "float32"))
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    rows = []
    for step in range(4):
        optimizer.apply_gradients([(np.array([0.3, -0.1, 0.2], "float32") * (step + 1), weights)])
        rows.append(numbers(weights.numpy()))
    return rows


LOGITS = [[2.0, -1.0, 0.5], [0.1, 0.2, 0.3], [1000.0, 0.0, -1000.0], [-5.0, 5.0, 5.0]]


def cross_entropy(smoothing):
    targets = np.eye(3, dtype="float32")[[0, 2, 1, 0]]
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing, reduction=None)
    return numbers(loss(targets, np.array(LOGITS, "float32")))


#: Scores of seven images for four classes, and their labels: also in the checks of exercises 05.
LABELS = [0, 1, 2, 2, 3, 0, 1]
SCORES = [
    [0.6, 0.2, 0.1, 0.1],
    [0.3, 0.4, 0.2, 0.1],
    [0.4, 0.3, 0.2, 0.1],
    [0.1, 0.2, 0.6, 0.1],
    [0.1, 0.5, 0.1, 0.3],
    [0.2, 0.5, 0.2, 0.1],
    [0.25, 0.35, 0.15, 0.25],
]


def metrics():
    targets, scores = np.eye(4, dtype="float32")[LABELS], np.array(SCORES, "float32")
    def value(metric):
        metric.update_state(targets, scores)
        return numbers(metric.result())
    per_class = [[value(kind(class_id=c, top_k=1))[0] for c in range(4)] for kind in (keras.metrics.Precision, keras.metrics.Recall)]
    return {
        "precision": per_class[0],
        "recall": per_class[1],
        "f1": value(keras.metrics.F1Score(average=None)),
        "f1_macro": value(keras.metrics.F1Score(average="macro"))[0],
        "top_1": value(keras.metrics.TopKCategoricalAccuracy(1))[0],
        "top_2": value(keras.metrics.TopKCategoricalAccuracy(2))[0],
        "top_3": value(keras.metrics.TopKCategoricalAccuracy(3))[0],
    }


def caffe():
    pixels = np.array([[[[0, 0, 0], [255, 255, 255], [200, 100, 50]]]], "float32")
    return numbers(keras.applications.vgg16.preprocess_input(pixels))


def main():
    vectors = {
        "keras": keras.__version__,
        "layer_params": resnet_params(),
        "layer_default": layer_outputs(),
        "layer_strided": layer_outputs(strides=2),
        "layer_tanh": layer_outputs(activation="tanh"),
        "layer_conv_last": layer_outputs(conv_first=False),
        "layer_projection": layer_outputs(kernel_size=1, activation=None, batch_normalization=False),
        "block": block_outputs(),
        "counts": {str(depth): counts(depth) for depth in (8, 14, 20, 110)},
        "resnet_8": resnet_outputs(8, 10),
        "resnet_14": resnet_outputs(14, 4),
        "cosine": cosine(),
        "nesterov": nesterov(),
        "momentum": heavy_ball(),
        "cross_entropy": cross_entropy(0.0),
        "cross_entropy_smoothed": cross_entropy(0.1),
        **metrics(),
        "caffe": caffe(),
    }
    (HERE / "vectors" / "exercises.json").write_text(json.dumps(vectors, indent=1) + "\n")


def resnet_params():
    inputs = keras.Input((8, 8, 3))
    return keras.Model(inputs, resnet_layer(inputs)).count_params()


main()
