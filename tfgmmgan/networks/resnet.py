"""BigGAN's residual networks (Brock et al. 2018, appendix B) without labels.

Images have sides of 32, 40, 48, 56, 64, 80 or 96 pixels. Arguments without a word are `Chain`'s.

GAEL (Feigin et al.) uses BigGAN with the discriminator's projection removed. Without class embeddings batch norm is
plain. The channels are those of the official BigGAN-PyTorch at 32 and 64 pixels. Left out: the self-attention of 64
pixels and up, and feeding z to every block. Ours: `width`, sides other than 32 and 64, and the classifier.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from tfgmmgan.networks.chain import Chain, build_chain, dtype_policy
from tfgmmgan.networks.normalization import BatchNormalization
from tfgmmgan.networks.spectral import SpectralConv2D, SpectralDense
from tfgmmgan.utils.arguments import values_of
from tfgmmgan.utils.errors import UserError

__all__ = ["DownBlock", "ResNetClassifier", "ResNetEncoder", "ResNetGenerator", "UpBlock"]

SIDES = (*range(32, 64, 8), *range(64, 97, 16))

# By the number of doublings from the generator's first feature map to its image.
GENERATOR_CHANNELS = {3: (256, 256, 256, 256), 4: (1024, 1024, 512, 256, 128)}  # the first map's, then each block's
ENCODER_CHANNELS = {3: (256, 256, 256, 256), 4: (64, 128, 256, 512, 1024)}  # each block's
ENCODER_HALVINGS = {3: 2, 4: 4}  # the first so many blocks downsample


def _doublings(data_shape: tuple[int, ...]) -> int:
    return 3 if min(data_shape[:2]) < 64 else 4


def _convolution(channels: int, size: int) -> layers.Layer:
    return SpectralConv2D(channels, size, padding="same", kernel_initializer="orthogonal")


def _batch_norm() -> layers.Layer:
    return BatchNormalization(momentum=0.9, epsilon=1e-5)  # PyTorch's defaults


class _Residual(layers.Layer):
    """The sum of two branches, which a subclass makes; of `channels` channels."""

    def __init__(self, channels: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        with dtype_policy(self.dtype_policy):
            self.main, self.shortcut = self.make_branches()

    def make_branches(self) -> tuple[list[layers.Layer], list[layers.Layer]]:
        """Return the layers of the main branch and of the shortcut, which may be empty."""
        raise NotImplementedError

    def build(self, input_shape: tuple) -> None:
        """Create both branches' weights."""
        for branch in (self.main, self.shortcut):
            build_chain(branch, input_shape)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return main(inputs) + shortcut(inputs)."""
        main = shortcut = inputs
        for layer in self.main:
            main = layer(main)  # Keras hands `training` down to nested calls
        for layer in self.shortcut:
            shortcut = layer(shortcut)
        return main + shortcut

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the main branch's output shape."""
        for layer in self.main:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {**super().get_config(), **values_of(self)}


@keras.saving.register_keras_serializable(package="tfgmmgan")
class UpBlock(_Residual):
    """The generator's block: (n, H, W, C) -> (n, 2H, 2W, channels)."""

    def make_branches(self) -> tuple[list[layers.Layer], list[layers.Layer]]:
        """Return both branches; a 1x1 convolution may as well go before the upsampling, on a quarter of the pixels."""
        main = [
            _batch_norm(),
            layers.ReLU(),
            layers.UpSampling2D(2, interpolation="nearest"),
            _convolution(self.channels, 3),
            _batch_norm(),
            layers.ReLU(),
            _convolution(self.channels, 3),
        ]
        return main, [_convolution(self.channels, 1), layers.UpSampling2D(2, interpolation="nearest")]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class DownBlock(_Residual):
    """The encoder's block: (n, H, W, C) -> (n, H/2, W/2, channels), or (n, H, W, channels).

    Args:
        channels: Channels of the output.
        downsample: Whether both branches end in average pooling. Default True.
        preactivate: Whether the main branch begins with a relu, as all do but that of the image. Default True.
        project: Whether the shortcut has a 1x1 convolution; without it, C must equal `channels`. Default True.
    """

    def __init__(
        self, channels: int, downsample: bool = True, preactivate: bool = True, project: bool = True, **kwargs
    ) -> None:
        self.downsample = downsample
        self.preactivate = preactivate
        self.project = project
        super().__init__(channels, **kwargs)

    def make_branches(self) -> tuple[list[layers.Layer], list[layers.Layer]]:
        """Return both branches; a 1x1 convolution may as well go after the pooling, on a quarter of the pixels."""
        main = [layers.ReLU()] if self.preactivate else []
        main += [_convolution(self.channels, 3), layers.ReLU(), _convolution(self.channels, 3)]
        shortcut = [_convolution(self.channels, 1)] if self.project else []
        if self.downsample:
            main, shortcut = [*main, layers.AveragePooling2D(2)], [layers.AveragePooling2D(2), *shortcut]
        return main, shortcut


@keras.saving.register_keras_serializable(package="tfgmmgan")
class _GlobalSum(layers.Layer):
    """Sums over the pixels: (n, H, W, C) -> (n, C)."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the sums."""
        return ops.sum(inputs, axis=(1, 2))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return (n, C)."""
        return (input_shape[0], input_shape[-1])


class _ResNet(Chain):
    def check_shape(self, data_shape: tuple[int, ...]) -> None:
        """Images only, with sides of 32 to 96 pixels that the doublings divide."""
        if len(data_shape) != 3 or min(data_shape) < 1:
            raise UserError(
                f"The resnet networks take images of shape (height, width, channels); got {data_shape}. "
                "Points want --model.architecture mlp."
            )
        height, width, _ = data_shape
        step = 2 ** _doublings(data_shape)
        if not all(32 <= side <= 96 and side % step == 0 for side in (height, width)):
            nearest = min(SIDES, key=lambda side: abs(side - min(height, width)))
            raise UserError(
                "The resnet networks need a height and width of 32 to 96 pixels, divisible by 8, or by 16 where both "
                f"are 64 or more; got {height}x{width}. Resize, for example with --data.image_size {nearest}."
            )

    def encoding(self, share: float) -> list[layers.Layer]:
        """Return BigGAN's discriminator without its head, with this share of its channels."""
        doublings = _doublings(self.data_shape)
        blocks, before = [], None
        for number, channels in enumerate(ENCODER_CHANNELS[doublings]):
            halve = number < ENCODER_HALVINGS[doublings]
            project = halve or channels != before
            blocks.append(DownBlock(self.scaled(channels * share), halve, preactivate=number > 0, project=project))
            before = channels
        return [*blocks, layers.ReLU(), _GlobalSum(dtype="float32", name="global_sum")]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class ResNetGenerator(_ResNet):
    """BigGAN's generator: z (n, d) -> images (n, H, W, C) in [-1, 1], float32.

    Below 64 pixels it has three blocks of 256 channels (BigGAN's of CIFAR), from 64 on four of 1024, 512, 256 and 128.

    Batch norm and a spectrally normalised, orthogonally initialised kernel in every layer.
    """

    def make_blocks(self) -> list[layers.Layer]:
        """Return the layers, top to bottom."""
        height, width, channels = self.data_shape
        doublings = _doublings(self.data_shape)
        first, *rest = (self.scaled(count) for count in GENERATOR_CHANNELS[doublings])
        start = (height // 2**doublings, width // 2**doublings, first)
        return [
            SpectralDense(start[0] * start[1] * first, kernel_initializer="orthogonal"),
            layers.Reshape(start),
            *(UpBlock(count) for count in rest),
            _batch_norm(),
            layers.ReLU(),
            _convolution(channels, 3),
            layers.Activation("tanh", dtype="float32"),
        ]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class ResNetEncoder(_ResNet):
    """BigGAN's discriminator without labels and head: images -> features (n, F), summed over the pixels, float32.

    Below 64 pixels it has four blocks of 256 channels, of which two downsample (F = 256); from 64 on five, of 64 to
    1024 (F = 1024). Every kernel is spectrally normalised. There is no batch norm.
    """

    has_spectral_norm = True

    def make_blocks(self) -> list[layers.Layer]:
        """Return the layers, top to bottom."""
        return self.encoding(1)


@keras.saving.register_keras_serializable(package="tfgmmgan")
class ResNetClassifier(_ResNet):
    """The stand-alone classifier, ours: the encoder at half its channels and a linear layer; images -> K logits.

    Args:
        num_components: K.
    """

    def __init__(self, data_shape: tuple, num_components: int, width: float = 1.0, **kwargs) -> None:
        self.num_components = num_components
        super().__init__(data_shape, width, **kwargs)

    def make_blocks(self) -> list[layers.Layer]:
        """Return the layers, top to bottom."""
        return [*self.encoding(0.5), layers.Dense(self.num_components, dtype="float32")]
