"""A classifier of the dataset's own classes: the judge of generated examples where Inception is the wrong one."""

import keras
import numpy as np

from tfgmmgan.data import ImageData
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.networks.cache import cached, fingerprint
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork
from tfgmmgan.evaluation.networks.small_classifier import small_classifier
from tfgmmgan.evaluation.progress import Bar

__all__ = ["Judge", "train_judge"]

BATCH_SIZE = 128
EPOCHS = 10
MIN_STEPS = 1000


class Judge:
    """A trained classifier of real examples.

    Attributes:
        model: `small_classifier`.
        accuracy: Its share of the test split that is right.
        identity: Tells it from judges of other data, seeds and lengths.
    """

    def __init__(self, model: keras.Model, accuracy: float, identity: str) -> None:
        self.model = model
        self.accuracy = accuracy
        self.identity = identity
        self._features = keras.Model(model.inputs, [model.layers[-1].input, model.outputs[0]])

    def __call__(self, examples: np.ndarray) -> np.ndarray:
        """Return class ids, (n, *shape) uint8 or float in [-1, 1] -> (n,) int64."""
        parts = [self.run(examples[row : row + 512])[1].argmax(axis=1) for row in range(0, len(examples), 512)]
        return np.concatenate(parts)

    def run(self, examples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the last layer sees, (n, 128), and logits, (n, classes)."""
        features, logits = self._features.predict_on_batch(to_float(examples))
        return keras.ops.convert_to_numpy(features), keras.ops.convert_to_numpy(logits)

    def network(self) -> FeatureNetwork:
        """Return it as a feature network."""
        about = {"features": "layer before the logits", "test_accuracy": round(self.accuracy, 4)}
        return FeatureNetwork("classifier", self.run, self.identity, about)


def train_judge(data: ImageData, epochs: int | None = None, min_steps: int | None = None, seed: int = 0) -> Judge:
    """Return a judge, trained on the training split or read from the cache.

    Args:
        data: A dataset with labels.
        epochs: Passes over its training split, or more until there were `min_steps` steps. Default 10.
        min_steps: See `epochs`. Default 1000.
        seed: Decides weights and order.
    """
    model = small_classifier(data.shape, len(data.class_names))
    batch_size = min(BATCH_SIZE, len(data.train))
    steps = data.steps_per_epoch(batch_size)
    epochs = max(epochs or EPOCHS, -(-(min_steps or MIN_STEPS) // steps))

    def make() -> dict[str, np.ndarray]:
        keras.utils.set_random_seed(seed)
        fresh = small_classifier(data.shape, len(data.class_names))
        batches = data.training_batches(batch_size, seed, labelled=True).map(lambda x, y: (to_float(x), y))
        bar = Bar(f"training a classifier of {data.name}", epochs)
        fresh.fit(batches, steps_per_epoch=steps, epochs=epochs, shuffle=False, verbose=0, callbacks=[bar])
        return {f"{index:03}": weight for index, weight in enumerate(fresh.get_weights())}

    key = {"data": fingerprint(data), "epochs": epochs, "seed": seed, "shapes": str([w.shape for w in model.weights])}
    weights = cached(f"classifier-{data.name.replace('/', '-')}", key, make)
    model.set_weights([weights[name] for name in sorted(weights)])
    judge = Judge(model, float("nan"), f"classifier {sorted(key.items())}")
    if data.test.labels is not None:
        found = np.concatenate([judge(batch) for batch in data.test.batches(512).as_numpy_iterator()])
        judge.accuracy = float((found == data.test.labels).mean())
    return judge
