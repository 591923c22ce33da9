"""One of the processes that train together: Keras on JAX, each with its part of every batch, their gradients added up.
Batch normalisation sees the whole batch, so that as many processes as there are give the numbers of one."""
import functools
import os
import warnings

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np
from data import SHAPE, augment, draw_changes, keep_preprocess, load_images, load_preprocess
from jax._src import xla_bridge
from resnet import resnet_v1


def connect(coordinator, processes, rank, is_local):
    """On one machine nothing listens beyond the loopback."""
    bind = coordinator if is_local else None
    if is_local:  # JAX has no option for the address of its collectives (Gloo), which else is what the host's name means
        library = xla_bridge._jax
        library.make_gloo_tcp_collectives = functools.partial(library.make_gloo_tcp_collectives, hostname="127.0.0.1")
    jax.distributed.initialize(coordinator, processes, rank, coordinator_bind_address=bind)
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))


class Shard(keras.utils.PyDataset):
    """This process's part of every batch. What doesn't divide by the processes waits for the next epoch's order."""

    def __init__(self, images, labels, batch, preprocess, shuffle=None, is_augmented=False):
        super().__init__()
        self.images, self.labels, self.preprocess = images, labels, preprocess
        self.processes, self.rank = jax.process_count(), jax.process_index()
        self.count = len(labels) // self.processes * self.processes
        self.batch, self.is_augmented, self.shuffle = batch, is_augmented, shuffle
        self.epoch = 0
        self._order()

    def _order(self):
        order = np.arange(len(self.labels))
        if self.shuffle is not None:  # the same order in all processes
            order = np.random.default_rng((self.shuffle, 0, self.epoch)).permutation(order)
        self.order = order[: self.count]

    def on_epoch_end(self):
        self.epoch += 1
        self._order()

    def __len__(self):
        return -(-self.count // self.batch)

    def __getitem__(self, step):
        chosen = self.order[step * self.batch : (step + 1) * self.batch]
        size = len(chosen) // self.processes
        part = slice(self.rank * size, (self.rank + 1) * size)
        mine = chosen[part]
        images = self.images[mine]
        if self.is_augmented:  # drawn for the whole batch: the same changes, however many processes share it
            random = np.random.default_rng((self.shuffle, 1, self.epoch, step))
            is_flipped, places = draw_changes(len(chosen), random)
            images = augment(images, is_flipped[part], places[part])
        return self.preprocess(images), self.labels[mine]


def work(options, rank):
    connect(options.coordinator, options.processes, rank, options.is_local)
    keras.utils.set_random_seed(options.seed)
    (images, labels), (test_images, test_labels) = load_images(options.data)
    preprocess = load_preprocess(options.weights)
    model = load(options)
    model.compile(keras.optimizers.Adam(options.rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train = Shard(images, labels, options.batch, preprocess, options.seed, options.augment)
    test = Shard(test_images, test_labels, options.batch, preprocess)
    is_first = rank == 0
    model.fit(train, epochs=options.epochs, shuffle=False, verbose=2 if is_first else 0)
    loss, accuracy = model.evaluate(test, verbose=0)
    weights = model.get_weights()  # gathered by all processes together
    if is_first:
        save(weights, options)
        print(f"Test accuracy {accuracy:.4f}, loss {loss:.4f} ({test.count} images), {jax.process_count()} processes.")
        print(f"The weights are in {options.output}.", flush=True)


def load(options):
    model = resnet_v1(SHAPE, options.depth)
    try:
        with warnings.catch_warnings(action="ignore"):  # a page of them, before the error that says it all
            model.load_weights(options.weights)
    except (ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{options.weights} should hold the weights of a ResNet of depth {options.depth}; Keras: {reason}")
    return model


def save(weights, options):
    """Under another name first: whoever looks finds the old file or the new one."""
    keras.distribution.set_distribution(None)
    model = resnet_v1(SHAPE, options.depth)
    model.set_weights(weights)
    model.save_weights(options.part)
    keep_preprocess(options.weights, options.part)
    with open(options.part, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(options.part, options.output)
