"""Images and preprocessing as resnet-lab keeps them."""
import tarfile
from pathlib import Path

import h5py
import numpy as np

SHAPE = (32, 32, 3)
CLASSES = 10
REACH = 3  # a tenth of an image
RECORD = 1 + 3 * 32 * 32  # a label and three planes
MOST_BYTES = 50_000 * RECORD  # of one file: more than CIFAR-10's, less than would fill the memory


def load_images(source):
    """((images, labels), (images, labels)) for training and testing, bytes [N, 32, 32, 3], from an archive in CIFAR-10's
    binary layout or a folder of data/cache."""
    path = Path(source)
    parts = _from_cache(path) if path.is_dir() else _from_archive(path)
    for images, labels in parts:
        if len(images) != len(labels) or len(labels) == 0 or labels.max() >= CLASSES:
            raise ValueError(f"{path} should hold as many images as labels from 0 to {CLASSES - 1}, and has {len(images)} "
                             f"images and {len(labels)} labels; fetch it again with npm run data")
    return parts


def _from_cache(folder):
    def read(part):
        try:
            images = np.fromfile(folder / f"{part}-images.bin", np.uint8).reshape(-1, *SHAPE)
            return images, np.fromfile(folder / f"{part}-labels.bin", np.uint8)
        except (OSError, ValueError) as error:
            raise ValueError(f"{folder} should be a folder of data/cache with CIFAR-10's images ({error}); npm run data makes it")

    return read("train"), read("test")


def _from_archive(path):
    try:
        with tarfile.open(path) as archive:  # read in memory; nothing is unpacked
            files = {Path(member.name).name: member for member in archive if member.isfile()}
            train = [files[name] for name in sorted(files) if name.startswith("data_batch_")]
            return _from_records(archive, train), _from_records(archive, [files["test_batch.bin"]])
    except (KeyError, OSError, EOFError, ValueError, tarfile.TarError) as error:
        raise ValueError(f"{path} should be an archive in CIFAR-10's binary layout ({error}); fetch it again")


def _from_records(archive, members):
    wrong = [member.name for member in members if member.size % RECORD or member.size > MOST_BYTES]
    if wrong or not members:
        raise ValueError(f"{wrong[0]} is not of records of {RECORD} bytes" if wrong else "no data_batch_1.bin")
    records = np.frombuffer(b"".join(archive.extractfile(member).read() for member in members), np.uint8)
    records = records.reshape(-1, RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def load_preprocess(weights):
    """What turns bytes into the model's input, as saveKerasWeights notes it: a function of images."""
    with h5py.File(weights) as file:
        group = file.get("resnet-lab")
        kind = "scale" if group is None else group.attrs["preprocess"]
        kind = kind.decode() if isinstance(kind, bytes) else kind
        if kind == "scale":
            return lambda images: images.astype(np.float32) / 255
        if kind == "pixelMean":
            mean = group["mean"][:]
            return lambda images: images.astype(np.float32) / 255 - mean
    raise ValueError(f"The model's preprocessing should be scale or pixelMean, and is {kind}; train it with one of them")


def keep_preprocess(source, target):
    """Notes in the file `target` what `source` says."""
    with h5py.File(source) as before, h5py.File(target, "a") as after:
        if "resnet-lab" in before:
            before.copy("resnet-lab", after)


def draw_changes(count, random):
    """For each image whether it is flipped, and where it is shifted to."""
    return random.random(count) < 0.5, random.integers(0, 2 * REACH + 1, (count, 2))


def augment(images, is_flipped, places):
    """Flips and shifts by up to a tenth, filled with the nearest pixels, as in Keras's cifar10_resnet example."""
    side = SHAPE[0]
    flipped = np.where(is_flipped[:, None, None, None], images[:, :, ::-1], images)
    padded = np.pad(flipped, ((0, 0), (REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
    return np.stack([image[top : top + side, left : left + side] for image, (top, left) in zip(padded, places)])
