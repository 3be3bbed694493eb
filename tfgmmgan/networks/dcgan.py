"""Tables 1-3 of responsibility learning (Huang et al. 2020) as Keras models, for any image size divisible by 4.

Not published, and so ours: a leak of 0.2 in every LeakyReLU; `width`, which multiplies the channels. Arguments without
a word are `Chain`'s.
"""

import keras
from keras import layers

from tfgmmgan.networks.chain import LEAK, Chain
from tfgmmgan.networks.normalization import BatchNormalization
from tfgmmgan.utils.errors import UserError

__all__ = ["DCGANClassifier", "DCGANEncoder", "DCGANGenerator"]


class _ImageChain(Chain):
    def check_shape(self, data_shape: tuple[int, ...]) -> None:
        """Images only, with sides divisible by 4."""
        if len(data_shape) != 3 or min(data_shape) < 1:
            raise UserError(
                f"The dcgan networks take images of shape (height, width, channels); got {data_shape}. "
                "Points want --model.architecture mlp."
            )
        if data_shape[0] % 4 or data_shape[1] % 4:
            raise UserError(
                f"The dcgan networks need a height and width divisible by 4; got {data_shape[0]}x{data_shape[1]}. "
                f"Resize, for example with --data.image_size {max(4, round(data_shape[0] / 4) * 4)}."
            )


@keras.saving.register_keras_serializable(package="tfgmmgan")
class DCGANGenerator(_ImageChain):
    """The generator of Table 2: z (n, d) -> images (n, H, W, C) in [-1, 1], float32."""

    def make_blocks(self) -> list[layers.Layer]:
        """Return Table 2's layers, top to bottom."""
        height, width, channels = self.data_shape
        first, second, third = self.scaled(256), self.scaled(128), self.scaled(64)
        return [
            layers.Dense(height // 4 * (width // 4) * first),
            BatchNormalization(),
            layers.LeakyReLU(LEAK),
            layers.Reshape((height // 4, width // 4, first)),
            layers.Conv2DTranspose(second, 5, strides=1, padding="same"),
            BatchNormalization(),
            layers.LeakyReLU(LEAK),
            layers.Conv2DTranspose(third, 5, strides=2, padding="same"),
            BatchNormalization(),
            layers.LeakyReLU(LEAK),
            layers.Conv2DTranspose(channels, 5, strides=2, padding="same"),
            layers.Activation("tanh", dtype="float32"),
        ]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class DCGANEncoder(_ImageChain):
    """The encoding network of Table 3, which C may share (Table 1): images -> features (n, H/4 * W/4 * 128).

    Args:
        batch_norm: Whether its batch norm is there; a gradient penalty wants it away. Default True.
    """

    has_batch_norm = True

    def __init__(self, data_shape: tuple, width: float = 1.0, batch_norm: bool = True, **kwargs) -> None:
        self.batch_norm = batch_norm
        super().__init__(data_shape, width, **kwargs)

    def make_blocks(self) -> list[layers.Layer]:
        """Return Table 3's layers, top to bottom, but for the last, which is a head."""
        return [
            layers.Conv2D(self.scaled(64), 5, strides=2, padding="same"),
            layers.LeakyReLU(LEAK),
            layers.Conv2D(self.scaled(128), 4, strides=2, padding="same"),
            *([BatchNormalization()] if self.batch_norm else []),
            layers.LeakyReLU(LEAK),
            layers.Flatten(),
        ]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class DCGANClassifier(_ImageChain):
    """The stand-alone classifier of Table 1 ("if not shared"): images -> K logits, float32.

    All layers but the last have 2,432 + 12,816 + 4,195,328 = 4,210,576 parameters at 64x64x3, the difference
    between the two proposed models of Table 6.

    Args:
        num_components: K.
    """

    def __init__(self, data_shape: tuple, num_components: int, width: float = 1.0, **kwargs) -> None:
        self.num_components = num_components
        super().__init__(data_shape, width, **kwargs)

    def make_blocks(self) -> list[layers.Layer]:
        """Return Table 1's layers, top to bottom."""
        return [
            layers.Conv2D(self.scaled(32), 5, strides=1, padding="same", activation="relu"),
            layers.MaxPooling2D(2, 2),
            layers.Conv2D(self.scaled(16), 5, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(self.scaled(1024), activation="relu"),
            layers.Dense(self.num_components, dtype="float32"),
        ]
