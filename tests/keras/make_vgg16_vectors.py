"""VGG16 of real Keras 3 for tests/models/vgg16.test.ts: layers, outputs, preprocessing, and what Keras refuses to build.

    /tmp/keras/bin/python tests/keras/make_vgg16_vectors.py        (the environment of make_vectors.py)

Weights and inputs come from the formula of make_vectors.py.
"""
import json

import keras
import numpy as np
from keras.applications import VGG16
from keras.applications.vgg16 import preprocess_input
from make_vectors import VECTORS, formula, set_weights

BLOCKS = [f"block{b}_pool" for b in range(1, 6)]


def architecture(**options):
    model = VGG16(weights=None, **options)
    return {
        "layers": [
            {
                "name": layer.name,
                "class": type(layer).__name__,
                "outputShape": list(layer.output.shape),
                "weights": [{"name": w.name, "shape": list(w.shape)} for w in layer.weights],
            }
            for layer in model.layers
        ],
        "parameters": model.count_params(),
    }


def outputs():
    """Of each block for formula weights, on an image of the size that caffe preprocessing leaves."""
    model = VGG16(weights=None, include_top=False, input_shape=(32, 48, 3))
    set_weights(model)
    blocks = keras.Model(model.inputs, [model.get_layer(name).output for name in BLOCKS])
    x = formula(1001, (1, 32, 48, 3)) * np.float32(128)
    values = dict(zip(BLOCKS, [np.asarray(o) for o in blocks(x)]))
    # A few numbers of each block are enough to tell one network from another.
    picked = {}
    for name, value in values.items():
        places = np.linspace(0, value.size - 1, 50).astype(int)
        picked[name] = {
            "shape": list(value.shape),
            "largest": float(np.abs(value).max()),
            "places": places.tolist(),
            "values": [float(v) for v in value.ravel()[places]],
        }
    return picked


def refusals():
    """Arguments in the words of resnet-lab, and whether Keras builds the network."""
    table = []
    for weights in ("imagenet", None):
        for top in (False, True):
            for shape in (None, (224, 224, 3), (32, 32, 3), (31, 32, 3), (48, 31, 3), (64, 64, 1), (None, None, 3), (224, 224), (200, 224, 3)):
                for classes in (1000, 10):
                    if weights and classes == 10 and not top:
                        continue
                    options = {"includeTop": top, "inputShape": shape, "classes": classes, "weights": weights}
                    if weights is None and top and shape and None not in shape and min(shape[:2]) >= 32 and len(shape) == 3:
                        table.append({**options, "builds": True})  # known to build, and large
                        continue
                    table.append({**options, "builds": builds(top, shape, classes, weights)})
    return table


def builds(top, shape, classes, weights):
    from keras.src.utils import file_utils

    class Reached(Exception):
        pass

    def stop(*args, **kwargs):
        raise Reached  # the arguments are accepted and the file is asked for

    kept, file_utils.get_file = file_utils.get_file, stop
    try:
        VGG16(include_top=top, weights=weights, input_shape=shape, classes=classes)
    except Reached:
        return True
    except ValueError:
        return False
    finally:
        file_utils.get_file = kept
    return True


def preprocessing():
    pixels = np.floor((formula(3001, (2, 3, 3)) * 0.5 + 0.5) * 256).astype(np.float32)
    return {"pixels": pixels.ravel().tolist(), "values": [round(float(v), 4) for v in preprocess_input(pixels.copy()).ravel()]}


case = {
    "keras": keras.__version__,
    "noTop": architecture(include_top=False),
    "noTopFixed": architecture(include_top=False, input_shape=(32, 48, 3)),
    "top": architecture(include_top=True, classes=7),
    "fullParameters": VGG16(weights=None).count_params(),
    "outputs": outputs(),
    "refusals": refusals(),
    "preprocessing": preprocessing(),
}
(VECTORS / "vgg16.json").write_text(json.dumps(case, indent=1) + "\n")
