"""An autoencoder of the dataset: features without labels, and the baseline "AE + k-means"."""

from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tfgmmgan.data import ImageData
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork, collect
from tfgmmgan.evaluation.networks.fingerprint import fingerprint
from tfgmmgan.evaluation.progress import epoch_bar
from tfgmmgan.utils.cache import cached

__all__ = ["Autoencoder", "train_autoencoder"]

UNITS = (500, 500, 2000)
CODE = 10
BATCH_SIZE = 256
EPOCHS = 15
MIN_STEPS = 600
PATIENCE = 3
HELD_OUT = 0.1


class Autoencoder(FeatureNetwork):
    """A trained autoencoder; its features, (n, 11), are the code and how far the reconstruction is.

    The root mean squared error is there for examples that no code stands for: an encoder alone would take them for real
    ones.

    Attributes:
        encoder: From (n, *shape) in [-1, 1] to codes (n, 10).
        scale: (11,) standard deviations of code and error over the held-out examples, by which features are divided.
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, identity: str) -> None:
        about = {"features": "code and reconstruction error, over their standard deviations; no label was used"}
        super().__init__("autoencoder", self._features, identity, about)
        self.encoder = encoder
        self.scale = np.ones(CODE + 1, np.float32)
        examples = keras.Input(encoder.input_shape[1:])
        code = encoder(examples)
        self._both = keras.Model(examples, [code, decoder(code)])

    def _features(self, examples: np.ndarray) -> tuple[np.ndarray, None]:
        code, decoded = self._both.predict_on_batch(examples)
        errors = np.square(decoded - examples).reshape(len(examples), -1).mean(axis=1)
        return np.concatenate([code, np.sqrt(errors)[:, None]], axis=1) / self.scale, None

    def codes(self, examples: np.ndarray) -> np.ndarray:
        """Return codes, (n, *shape) uint8 or float in [-1, 1] -> (n, 10)."""
        return self.encoder.predict_on_batch(to_float(examples))


def train_autoencoder(
    data: ImageData, epochs: int | None = None, min_steps: int | None = None, seed: int = 0
) -> Autoencoder:
    """Return an autoencoder, trained on the training split or read from the cache; labels are not looked at.

    Layers of 500, 500, 2000 and 10 units and back, as in DEC (Xie et al. 2016); trained at once and not layer by layer.
    A tenth of the training split is held out, and the epoch with the lowest error there is taken: an autoencoder that
    knows its examples by heart would find every other one odd. It takes `epochs` passes at most, 15, or more until
    there were `min_steps` steps, 600; it ends when that error has not fallen for three. `seed` decides the rest.
    """
    keras.utils.set_random_seed(seed)
    size = int(np.prod(data.shape))
    hidden = [layers.Dense(units, "relu") for units in UNITS]
    encoder = keras.Sequential([keras.Input(data.shape), layers.Flatten(), *hidden, layers.Dense(CODE)])
    hidden = [layers.Dense(units, "relu") for units in reversed(UNITS)]
    output = [layers.Dense(size, "tanh"), layers.Reshape(data.shape)]
    decoder = keras.Sequential([keras.Input((CODE,)), *hidden, *output])
    both = keras.Sequential([encoder, decoder])
    order = np.random.default_rng(seed).permutation(len(data.train))
    held_out, rest = np.split(order, [max(1, int(HELD_OUT * len(order)))])
    rest = replace(data, train=data.train.select(np.sort(rest)))
    held_out = data.train.select(np.sort(held_out))
    batch_size = min(BATCH_SIZE, len(rest.train))
    steps = rest.steps_per_epoch(batch_size)
    epochs = max(epochs or EPOCHS, -(-(min_steps or MIN_STEPS) // steps))
    key = {"data": fingerprint(data), "epochs": epochs, "seed": seed, "shapes": str([w.shape for w in both.weights])}
    autoencoder = Autoencoder(encoder, decoder, f"autoencoder {sorted(key.items())}")

    def twice(examples: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return to_float(examples), to_float(examples)

    def make() -> dict[str, np.ndarray]:
        both.compile("adam", "mean_squared_error")
        both.fit(
            rest.training_batches(batch_size, seed).map(twice),
            validation_data=held_out.batches().map(twice),
            steps_per_epoch=steps,
            epochs=epochs,
            shuffle=False,
            verbose=0,
            callbacks=[
                epoch_bar(f"training an autoencoder of {data.name}", epochs),
                keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, mode="min", restore_best_weights=True),
            ],
        )
        found, _ = collect([autoencoder], held_out.batches().as_numpy_iterator())
        scale = np.maximum(found["autoencoder"].values.std(axis=0), 1e-6)
        return {"scale": scale} | {f"{index:03}": weight for index, weight in enumerate(both.get_weights())}

    arrays = cached(f"autoencoder-{data.name.replace('/', '-')}", key, make)
    both.set_weights([arrays[name] for name in sorted(arrays) if name != "scale"])
    autoencoder.scale = arrays["scale"]
    return autoencoder
