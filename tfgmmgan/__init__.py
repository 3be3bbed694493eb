"""tfgmmgan: GANs whose latent prior is a mixture of Gaussians."""

# ruff: noqa: E402 - the imports below come after TensorFlow's own
from tfgmmgan.utils.quiet import end_quietly_at_interrupt, import_tensorflow

end_quietly_at_interrupt()
import_tensorflow()

# isort: split

from tfgmmgan.clustering import ImageClusterer, LinkClustering
from tfgmmgan.data import DataOptions, ImageData
from tfgmmgan.data import load as load_data
from tfgmmgan.kinds import Answer, find_kinds, load_answer, predict_kinds
from tfgmmgan.models import (
    ACGAN,
    GAEL,
    GAN,
    GMGAN,
    GMMGAN,
    MODELS,
    WGANGP,
    ImageMixture,
    LatentGAN,
    LossTerm,
    ModeGAN,
    SupervisedGMGAN,
)
from tfgmmgan.networks import Discriminator
from tfgmmgan.priors import ClassCode, FittedMixture, GaussianMixture, Normal, SubclassMixture
from tfgmmgan.serving.export import export
from tfgmmgan.training import TrainConfig, load_run, make_config, train
from tfgmmgan.utils.errors import Note, UserError
from tfgmmgan.version import __version__

__all__ = [
    "ACGAN",
    "GAEL",
    "GAN",
    "GMGAN",
    "GMMGAN",
    "MODELS",
    "WGANGP",
    "Answer",
    "ClassCode",
    "DataOptions",
    "Discriminator",
    "FittedMixture",
    "GaussianMixture",
    "ImageClusterer",
    "ImageData",
    "ImageMixture",
    "LatentGAN",
    "LinkClustering",
    "LossTerm",
    "ModeGAN",
    "Normal",
    "Note",
    "SubclassMixture",
    "SupervisedGMGAN",
    "TrainConfig",
    "UserError",
    "__version__",
    "export",
    "find_kinds",
    "load_answer",
    "load_data",
    "load_run",
    "make_config",
    "predict_kinds",
    "train",
]
