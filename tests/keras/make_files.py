"""Weight files from real Keras 3 for tests/models/keras-files.test.ts, and files that nobody should trust.

    /tmp/keras/bin/python tests/keras/make_files.py        (the environment of make_vectors.py)

files/NAME.h5 are whole models, files/NAME.weights.h5 weights alone, files/NAME.legacy.h5 weights alone in Keras 2's
form; files/outputs.json holds the models' outputs for an input of ones. files/hostile/NAME.h5 are made with h5py.
"""
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

FILES = pathlib.Path(__file__).parent / "files"
HOSTILE = FILES / "hostile"
SHAPE = (8, 8, 3)


def plain():
    """Layers with and without names of their own, with weights that training moves and others."""
    inputs = layers.Input(SHAPE)
    x = layers.Conv2D(4, 3, name="first", activation="relu")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(4, 3)(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(3)(x))


def nested():
    whole = plain()
    inner = keras.Model(whole.inputs, whole.layers[-2].output)
    return keras.Sequential([keras.Input(SHAPE), inner, layers.Dense(2)])


def draw(model, seed):
    random = np.random.default_rng(seed)
    model.set_weights([(random.uniform(0.5, 1.5, w.shape)).astype("float32") for w in model.get_weights()])


def make_models():
    outputs = {}
    for name, build in {"plain": plain, "nested": nested}.items():
        model = build()
        draw(model, 1)
        outputs[name] = model.predict(np.ones((1, *SHAPE), "float32"), verbose=0)[0].tolist()
        model.compile("adam", "mse")  # the optimiser's state is in the files too
        model.save(FILES / f"{name}.h5")
        model.save_weights(FILES / f"{name}.weights.h5")
        with h5py.File(FILES / f"{name}.legacy.h5", "w") as file:
            save_weights_to_hdf5_group(file, model)
    (FILES / "outputs.json").write_text(json.dumps(outputs) + "\n")


def make_hostile():
    """The weights-only file of the plain model, each time with one thing that is wrong."""

    def spoil(name, change, source="legacy"):
        path = HOSTILE / f"{name}.h5"
        path.write_bytes((FILES / f"plain.{source}.h5").read_bytes())
        with h5py.File(path, "a") as file:
            change(file)

    kernel = "first/first/kernel"

    def replace(**options):
        def change(file):
            del file[kernel]
            file.create_dataset(kernel, **options)

        return change

    def link(target):
        def change(file):
            del file["first"]
            file["first"] = target

        return change

    def rename(file):
        file.move("first", "second")
        file.attrs["layer_names"] = [n if n != "first" else "second" for n in file.attrs["layer_names"]]

    def loop(file):
        del file["first/first"]
        file["first/first"] = file["first"]

    values = np.ones((3, 3, 3, 4), "float32")
    spoil("external-link", link(h5py.ExternalLink("/etc/passwd", "/first")))
    spoil("soft-link", link(h5py.SoftLink("/dense")))
    spoil("cyclic-links", lambda f: (link(h5py.SoftLink("/b"))(f), f.__setitem__("b", h5py.SoftLink("/first"))))
    spoil("group-in-itself", loop)
    spoil("external-data", replace(shape=values.shape, dtype="f4", external=[("/etc/passwd", 0, 432)]))
    spoil("huge-shape", replace(shape=(10**6, 10**6, 10, 10), dtype="f4", chunks=(100, 100, 1, 1), compression="gzip"))
    spoil("huge-chunk", replace(shape=values.shape, dtype="f4", maxshape=(None,) * 4, chunks=(3, 3, 2**12, 2**12)))
    spoil("unknown-filter", replace(data=values, compression="lzf"))
    spoil("wrong-type", replace(data=np.full(values.shape, b"x")))
    spoil("half-precision", replace(data=values.astype("float16")))
    spoil("wrong-shape", replace(data=values[..., :2]))
    spoil("wrong-name", rename)
    spoil("missing-weight", lambda f: f.__delitem__(kernel))
    spoil("missing-group", lambda f: f.__delitem__("first"))
    spoil("names-of-numbers", lambda f: f.attrs.__setitem__("layer_names", np.arange(3)))
    spoil("missing-layer", lambda f: f.__delitem__("layers/conv2d_1"), "weights")

    def virtual(file):
        del file[kernel]
        layout = h5py.VirtualLayout(values.shape, "f4")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", values.shape)
        file.create_virtual_dataset(kernel, layout)

    spoil("virtual-data", virtual)
    # Not hostile: HDF5's own filters, the other order of bytes, double precision.
    spoil("packed", replace(data=np.array(h5py.File(FILES / "plain.legacy.h5")[kernel]), compression="gzip", shuffle=True, fletcher32=True))
    spoil("big-endian", replace(data=np.array(h5py.File(FILES / "plain.legacy.h5")[kernel]).astype(">f4")))
    spoil("double-precision", replace(data=np.array(h5py.File(FILES / "plain.legacy.h5")[kernel]).astype("f8")))
    whole = (FILES / "plain.legacy.h5").read_bytes()
    (HOSTILE / "cut-off.h5").write_bytes(whole[: len(whole) // 2])
    (HOSTILE / "empty.h5").write_bytes(b"")


HOSTILE.mkdir(parents=True, exist_ok=True)
make_models()
make_hostile()
