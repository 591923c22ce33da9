"""How hard Emoji-10 is: a linear classifier and ResNet-8 in real Keras, on the committed file.

    /tmp/keras/bin/python tests/keras/emoji10_baselines.py     # about 3 minutes on 2 cores
"""
import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "distributed"))  # the seed's builders

import keras
import numpy as np
from data import augment, draw_changes, load_images
from resnet import resnet_v1

ARCHIVE = pathlib.Path(__file__).parents[2] / "data" / "emoji10" / "emoji-10-binary.tar.gz"
BATCH, LINEAR_EPOCHS, RESNET_EPOCHS = 64, 60, 20


def compile_model(model, learning_rate):
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])


def main():
    keras.utils.set_random_seed(0)
    train, test = [(images / np.float32(255), labels) for images, labels in load_images(ARCHIVE)]
    linear = keras.Sequential([keras.layers.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    compile_model(linear, 5e-4)
    history = linear.fit(*train, batch_size=BATCH, epochs=LINEAR_EPOCHS, validation_data=test, verbose=0).history
    print(f"linear: test {history['val_accuracy'][-1]:.3f}, best epoch {max(history['val_accuracy']):.3f}", flush=True)

    rng = np.random.default_rng(0)
    model = resnet_v1((32, 32, 3), 8)
    steps = RESNET_EPOCHS * -(-len(train[0]) // BATCH)
    compile_model(model, keras.optimizers.schedules.CosineDecay(3e-3, steps))
    for epoch in range(RESNET_EPOCHS):
        model.fit(augment(train[0], *draw_changes(len(train[0]), rng)), train[1], batch_size=BATCH, verbose=0)
        print(f"ResNet-8, epoch {epoch + 1}: test {model.evaluate(*test, verbose=0)[1]:.3f}", flush=True)


main()
