"""Reference feature maps and Grad-CAM of real Keras 3, read by tests/training/features.test.ts.

    /tmp/keras/bin/python tests/keras/make_features_vectors.py     (see make_vectors.py for its installation)
"""
import json

import keras
import numpy as np
import tensorflow as tf
from make_vectors import VECTORS, formula, set_weights
from resnet import resnet_v1

CLASSES = [3, 1, 4, 1]


def grad_cam(model, layer, x, classes):
    """Selvaraju et al. 2017, equations 1 and 2, on the logits."""
    dense = model.layers[-1]
    dense.activation = keras.activations.linear
    both = keras.Model(model.inputs, [layer.output, model.output])
    with tf.GradientTape() as tape:
        maps, logits = both(x, training=False)
        chosen = tf.gather(logits, classes, axis=1, batch_dims=1)
    weights = tf.reduce_mean(tape.gradient(chosen, maps), axis=(1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))
    dense.activation = keras.activations.softmax
    return tf.math.divide_no_nan(heat, tf.reduce_max(heat, axis=(1, 2), keepdims=True)).numpy()


def main():
    model = resnet_v1((32, 32, 3), 8)
    set_weights(model)
    pixels = np.floor((formula(3001, (4, 32, 32, 3)) * 0.5 + 0.5) * 256)
    x = (pixels / 255).astype(np.float32)
    maps = {layer.name: layer for layer in model.layers if len(layer.output.shape) == 4}
    last = [layer for layer in maps.values() if layer.output.shape[1] == 8][-1]
    middle = [layer for layer in maps.values() if layer.output.shape[1] == 16][-1]
    answers = np.argmax(model.predict(x, verbose=0), axis=1)
    rounded = lambda values: [float(f"{v:.7g}") for v in np.ravel(values)]
    case = {
        "keras": keras.__version__,
        "classes": CLASSES,
        "answers": answers.tolist(),
        "lastLayer": model.layers.index(last),
        "middleLayer": model.layers.index(middle),
        "channelMeans": rounded(keras.Model(model.inputs, middle.output)(x).numpy().mean(axis=(1, 2))),
        "ofAnswers": rounded(grad_cam(model, last, x, answers)),
        "ofClasses": rounded(grad_cam(model, last, x, CLASSES)),
        "inTheMiddle": rounded(grad_cam(model, middle, x, CLASSES)),
    }
    (VECTORS / "features.json").write_text(json.dumps(case) + "\n")
    print(answers, {name: len(value) for name, value in case.items() if isinstance(value, list)})


main()
