"""What Keras's callbacks and schedules make of the same losses, and what scikit-learn measures of the same predictions. Read by tests/training/callbacks.test.ts, schedules.test.ts and evaluate.test.ts.

    /tmp/keras/bin/pip install -r tests/keras/requirements.txt
    /tmp/keras/bin/python tests/keras/make_training_vectors.py

No network is trained: the model has one weight, which is set to the number of the epoch, and every callback is called as
`fit` would call it. Random numbers come from make_vectors.py's formula.
"""
import json
import math
import os
import pathlib
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import sklearn
from make_vectors import VECTORS, formula
from sklearn import metrics

EPOCHS = 40


def losses(stream, noise):
    """A loss that falls, plateaus and jumps; rounded, so that ties happen."""
    u = formula(stream, (EPOCHS,)).astype(float)
    return [round(2 * math.exp(-epoch / 9) + noise * float(u[epoch]), 3) for epoch in range(EPOCHS)]


def sequences():
    return [
        losses(3001, 0.02),
        losses(3002, 0.3),
        [round(1 - epoch * 5e-5, 5) for epoch in range(EPOCHS)],  # falls by less than ReduceLROnPlateau's min_delta
        [1.0] * EPOCHS,
        [math.nan if epoch in (0, 7, 8) else value for epoch, value in enumerate(losses(3003, 0.1))],
        [math.nan if epoch == 5 else value for epoch, value in enumerate(losses(3004, 0.1))],
    ]


def make_model(rate=0.01):
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(rate), loss="mse", metrics=["accuracy"])
    model.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))  # only then does Keras know its metrics
    return model


def drive(callbacks, sequence, rate=0.01, epochs=None):
    """Calls the callbacks as a training with these validation losses would; accuracies are 1 − loss / 3."""
    model = make_model(rate)
    for callback in callbacks:
        callback.set_model(model)
        callback.on_train_begin()
    rates, logged, ended = [], [], None
    model.stop_training = False
    for epoch in range(epochs or len(sequence)):
        for callback in callbacks:
            callback.on_epoch_begin(epoch)
        model.set_weights([np.array([[epoch]], np.float32)])
        value = sequence[epoch % len(sequence)]
        logs = {"loss": value / 2, "val_loss": value, "val_accuracy": 1 - value / 3}
        rates.append(float(model.optimizer.learning_rate))
        for callback in callbacks:
            callback.on_epoch_end(epoch, logs)
        logged.append(logs.get("learning_rate"))
        ended = epoch
        if model.stop_training:
            break
    for callback in callbacks:
        callback.on_train_end()
    return {
        "rates": rates,
        "logged": logged,
        "lastEpoch": ended,
        "weight": float(model.get_weights()[0][0, 0]),
        "finalRate": float(model.optimizer.learning_rate),
    }


PLATEAU = [
    {},
    {"patience": 2},
    {"patience": 3, "factor": 0.5, "min_lr": 1e-3},
    {"patience": 1, "cooldown": 3},
    {"patience": 2, "min_delta": 0.05, "factor": math.sqrt(0.1), "min_lr": 0.5e-6},
    {"monitor": "val_accuracy", "patience": 2, "min_delta": 0.01, "cooldown": 1},
    {"monitor": "val_accuracy", "mode": "min", "patience": 4},
    {"monitor": "loss", "patience": 0, "min_lr": 1e-9},
]
STOPPING = [
    {},
    {"patience": 3},
    {"patience": 3, "restore_best_weights": True},
    {"patience": 4, "min_delta": 0.05, "restore_best_weights": True},
    {"monitor": "val_accuracy", "patience": 5, "restore_best_weights": True},
    {"patience": 5, "baseline": 0.8},
    {"patience": 3, "start_from_epoch": 12, "restore_best_weights": True},
    {"monitor": "val_accuracy", "mode": "min", "patience": 2},
    {"patience": 100, "restore_best_weights": True},
]
CHECKPOINT = [{}, {"save_best_only": True}, {"save_best_only": True, "monitor": "val_accuracy"},
              {"save_best_only": True, "initial_value_threshold": 0.9}]


def lr_schedule(epoch):
    """The function of Keras's cifar10_resnet example."""
    rate = 1e-3
    if epoch > 180:
        rate *= 0.5e-3
    elif epoch > 160:
        rate *= 1e-3
    elif epoch > 120:
        rate *= 1e-2
    elif epoch > 80:
        rate *= 1e-1
    return rate


def saved_epochs(args, sequence):
    """The epochs after which ModelCheckpoint saves."""
    saved = []
    callback = keras.callbacks.ModelCheckpoint("{epoch:02d}-{val_loss:.4f}.keras", **args)
    callback.set_model(make_model())
    callback.model.save = lambda path, overwrite: saved.append(path)
    for epoch, value in enumerate(sequence):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"loss": value / 2, "val_loss": value, "val_accuracy": 1 - value / 3})
    return saved


def csv_text(**args):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/log.csv"
        for _ in range(2):  # a second training replaces the file or goes on in it
            drive([keras.callbacks.CSVLogger(path, **args)], sequences()[0][:3])
        with open(path, newline="") as file:
            return file.read()


def make_callbacks():
    cases = []
    for number, sequence in enumerate(sequences()):
        for args in PLATEAU:
            result = drive([keras.callbacks.ReduceLROnPlateau(**args)], sequence)
            cases.append({"callback": "ReduceLROnPlateau", "args": args, "sequence": number, "result": result})
        for args in STOPPING:
            result = drive([keras.callbacks.EarlyStopping(**args)], sequence)
            cases.append({"callback": "EarlyStopping", "args": args, "sequence": number, "result": result})
        for args in CHECKPOINT:
            cases.append({"callback": "ModelCheckpoint", "args": args, "sequence": number, "result": {"saved": saved_epochs(args, sequence)}})
    example = drive(
        [
            keras.callbacks.ReduceLROnPlateau(factor=np.sqrt(0.1), cooldown=0, patience=5, min_lr=0.5e-6),
            keras.callbacks.LearningRateScheduler(lr_schedule),
        ],
        sequences()[3],
        epochs=200,
    )
    decay = drive([keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9)], sequences()[0])
    log = {"replaced": csv_text(), "appended": csv_text(append=True), "separated": csv_text(separator=";")}
    content = {"keras": keras.__version__, "sequences": sequences(), "cases": cases, "example": example, "decay": decay, "csv": log}
    (VECTORS / "callbacks.json").write_text(json.dumps(content).replace("NaN", '"NaN"') + "\n")


COSINE = [
    {"initial_learning_rate": 0.1, "decay_steps": 50},
    {"initial_learning_rate": 0.1, "decay_steps": 30, "alpha": 0.05},
    {"initial_learning_rate": 0.0, "decay_steps": 40, "warmup_target": 0.2, "warmup_steps": 10},
    {"initial_learning_rate": 0.01, "decay_steps": 35, "warmup_target": 0.1, "warmup_steps": 5, "alpha": 0.1},
]
TOTAL = 60


def make_schedules():
    cosine = [
        {"args": args, "rates": [float(keras.optimizers.schedules.CosineDecay(**args)(step)) for step in range(TOTAL)]}
        for args in COSINE
    ]
    content = {
        "keras": keras.__version__,
        "lrSchedule": [lr_schedule(epoch) for epoch in range(201)],
        "cosineDecay": cosine,
    }
    (VECTORS / "schedules.json").write_text(json.dumps(content) + "\n")


def make_evaluation():
    """300 images in 10 classes, one of them never true, one never answered."""
    count, classes = 300, 10
    logits = formula(4001, (count, classes)).astype(float) * 3
    labels = (np.abs(formula(4002, (count,))) * 9).astype(int)  # 9 is never true
    logits[np.arange(count), labels] += 1.5
    logits[:, 4] -= 9  # 4 is never answered
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    probabilities = np.round(probabilities, 7)
    answers = probabilities.argmax(1)
    names = list(range(classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, answers, labels=names, zero_division=0)
    wrong = np.flatnonzero(answers != labels)
    worst = wrong[np.argsort(-probabilities[wrong, answers[wrong]], kind="stable")]
    content = {
        "sklearn": sklearn.__version__,
        "labels": labels.tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "accuracy": metrics.accuracy_score(labels, answers),
        "top3": metrics.top_k_accuracy_score(labels, probabilities, k=3, labels=names),
        "loss": metrics.log_loss(labels, probabilities / probabilities.sum(1, keepdims=True), labels=names),
        "confidence": float(probabilities.max(1).mean()),
        "confusion": metrics.confusion_matrix(labels, answers, labels=names).tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "worst": worst.tolist(),
    }
    (VECTORS / "evaluation.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    make_callbacks()
    make_schedules()
    make_evaluation()
