"""A classifier of the dataset's own classes: the judge of generated examples where Inception is the wrong one."""

import keras
import numpy as np
from keras import layers

from tfgmmgan.data import ImageData, Split
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork
from tfgmmgan.evaluation.networks.fingerprint import fingerprint
from tfgmmgan.evaluation.progress import epoch_bar
from tfgmmgan.utils.cache import cached

__all__ = ["Judge", "small_classifier", "train_judge"]

BATCH_SIZE = 128
EPOCHS = 10
MIN_STEPS = 1000


def small_classifier(data_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return a fresh classifier from examples in [-1, 1] to logits, compiled with Adam(1e-3).

    For images two convolutions of 32 and 64 channels with pooling, dropout of 0.5 and a layer of 128; for points two
    layers of 128.
    """
    if len(data_shape) == 1:
        hidden = [layers.Dense(128, "relu"), layers.Dense(128, "relu")]
    else:
        hidden = [
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(128, "relu"),
        ]
    model = keras.Sequential([keras.Input(data_shape), *hidden, layers.Dense(num_classes, dtype="float32")])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


class Judge(FeatureNetwork):
    """A trained classifier of real examples; its features are what the last layer sees, (n, 128).

    Attributes:
        accuracy: Its share of the test split that is right; NaN without labels there.
    """

    def __init__(self, model: keras.Model, identity: str, test: Split) -> None:
        both = keras.Model(model.inputs, [model.layers[-1].input, model.outputs[0]])
        super().__init__("classifier", lambda examples: both.predict_on_batch(to_float(examples)), identity)
        self.accuracy = float("nan")
        if test.labels is not None:
            found = np.concatenate([self(batch) for batch in test.batches(512).as_numpy_iterator()])
            self.accuracy = float((found == test.labels).mean())
        self.about = {"features": "layer before the logits", "test_accuracy": round(self.accuracy, 4)}

    def __call__(self, examples: np.ndarray) -> np.ndarray:
        """Return class ids, (n, *shape) uint8 or float in [-1, 1] -> (n,) int64."""
        parts = [self.run(examples[row : row + 512])[1].argmax(axis=1) for row in range(0, len(examples), 512)]
        return np.concatenate(parts)


def train_judge(data: ImageData, epochs: int | None = None, min_steps: int | None = None, seed: int = 0) -> Judge:
    """Return a judge, trained on the training split, which has labels, or read from the cache.

    It takes `epochs` passes, 10, or more until there were `min_steps` steps, 1000; `seed` decides weights and order.
    """
    data = data.labelled
    model = small_classifier(data.shape, len(data.class_names))
    batch_size = min(BATCH_SIZE, len(data.train))
    steps = data.steps_per_epoch(batch_size)
    epochs = max(epochs or EPOCHS, -(-(min_steps or MIN_STEPS) // steps))

    def make() -> dict[str, np.ndarray]:
        keras.utils.set_random_seed(seed)
        fresh = small_classifier(data.shape, len(data.class_names))
        batches = data.training_batches(batch_size, seed, labelled=True).map(lambda x, y: (to_float(x), y))
        bar = epoch_bar(f"training a classifier of {data.name}", epochs)
        fresh.fit(batches, steps_per_epoch=steps, epochs=epochs, shuffle=False, verbose=0, callbacks=[bar])
        return {f"{index:03}": weight for index, weight in enumerate(fresh.get_weights())}

    key = {"data": fingerprint(data), "epochs": epochs, "seed": seed, "shapes": str([w.shape for w in model.weights])}
    weights = cached(f"classifier-{data.name.replace('/', '-')}", key, make)
    model.set_weights([weights[name] for name in sorted(weights)])
    return Judge(model, f"classifier {sorted(key.items())}", data.test)
