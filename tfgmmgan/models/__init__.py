"""The systems. Adding one is a file here and a line below."""

from tfgmmgan.models.acgan import ACGAN
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.gael import GAEL
from tfgmmgan.models.gan import GAN
from tfgmmgan.models.gmgan import GMGAN
from tfgmmgan.models.gmmgan import GMMGAN
from tfgmmgan.models.image_mixture import ImageMixture
from tfgmmgan.models.latent_gan import LatentGAN
from tfgmmgan.models.loss_term import LossTerm
from tfgmmgan.models.mode_gan import ModeGAN
from tfgmmgan.models.optimizers import OptimizerOptions
from tfgmmgan.models.supervised_gmgan import SupervisedGMGAN
from tfgmmgan.models.wgan_gp import WGANGP
from tfgmmgan.utils.registry import Registry

__all__ = [
    "ACGAN",
    "GAEL",
    "GAN",
    "GMGAN",
    "GMMGAN",
    "MODELS",
    "WGANGP",
    "ForwardPass",
    "ImageMixture",
    "LatentGAN",
    "LossTerm",
    "ModeGAN",
    "OptimizerOptions",
    "SupervisedGMGAN",
]

MODELS = Registry(
    "model",
    {
        "modegan": ModeGAN,
        "gmmgan": GMMGAN,
        "gmgan": GMGAN,
        "supervised_gmgan": SupervisedGMGAN,
        "gael": GAEL,
        "gan": GAN,
        "wgan_gp": WGANGP,
        "acgan": ACGAN,
    },
)
