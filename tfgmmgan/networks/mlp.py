"""Fully connected networks for 2-D toys. The papers do not publish theirs; these are ours."""

import keras
from keras import layers

from tfgmmgan.networks.chain import Chain
from tfgmmgan.utils.errors import UserError

__all__ = ["MLPClassifier", "MLPEncoder", "MLPGenerator"]


class _PointChain(Chain):
    def check_shape(self, data_shape: tuple[int, ...]) -> None:
        """Points only."""
        if len(data_shape) != 1:
            raise UserError(
                f"The mlp networks take points of shape (dimensions,); got {data_shape}. "
                "Images want --model.architecture dcgan."
            )

    def hidden(self, count: int) -> list[layers.Layer]:
        """Return hidden layers of 128 * width units."""
        return [layers.Dense(self.scaled(128), activation="relu") for _ in range(count)]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class MLPGenerator(_PointChain):
    """Two hidden layers of 128 * width units: z (n, d) -> points (n, p), unbounded, float32."""

    def make_blocks(self) -> list[layers.Layer]:
        """Return the layers in their order."""
        return [*self.hidden(2), layers.Dense(self.data_shape[0], dtype="float32")]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class MLPEncoder(_PointChain):
    """Two hidden layers of 128 * width units: points (n, p) -> features (n, 128 * width)."""

    def make_blocks(self) -> list[layers.Layer]:
        """Return the layers in their order."""
        return self.hidden(2)


@keras.saving.register_keras_serializable(package="tfgmmgan")
class MLPClassifier(_PointChain):
    """One hidden layer of 128 * width units: points (n, p) -> K logits, float32.

    Args:
        num_components: K.
    """

    def __init__(self, data_shape: tuple, num_components: int, width: float = 1.0, **kwargs) -> None:
        self.num_components = num_components
        super().__init__(data_shape, width, **kwargs)

    def make_blocks(self) -> list[layers.Layer]:
        """Return the layers in their order."""
        return [*self.hidden(1), layers.Dense(self.num_components, dtype="float32")]
