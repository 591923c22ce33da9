"""Keras on TensorFlow as a peer: keras_peer.py on|off, which says whether XLA compiles the step (jit_compile)."""
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "..", "distributed"))  # the model that the reference vectors come from

import keras
import numpy as np
import tensorflow as tf
from resnet import resnet_v1
from serve import serve

JIT = sys.argv[1] == "on"


def load(work):
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    images = tf.constant(random.standard_normal((work["batch"], work["size"], work["size"], 3), dtype=np.float32))
    make = {"resnet": train, "vgg16": predict}[work["model"]]
    model, step = make(work, images, random)
    about = f"Keras {keras.__version__}, TensorFlow {tf.__version__}, jit_compile {JIT}"
    return {"about": about, "parameters": model.count_params()}, step


def train(work, images, random):
    model = resnet_v1((work["size"], work["size"], 3), work["depth"])
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="categorical_crossentropy", metrics=["accuracy"],
                  jit_compile=JIT)
    labels = tf.one_hot(random.integers(0, 10, work["batch"]), 10)
    return model, lambda: float(model.train_on_batch(images, labels)[0])


def predict(work, images, _):
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(work["size"], work["size"], 3))
    model.compile(jit_compile=JIT)
    return model, lambda: float(model.predict_on_batch(images).flat[0])


serve(load)
