"""The systems. Adding one is a file here and a line below."""

from tfgmmgan.models.base import LatentGAN
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.gan import GAN
from tfgmmgan.models.gmgan import GMGAN
from tfgmmgan.models.gmmgan import GMMGAN
from tfgmmgan.models.terms import LossTerm
from tfgmmgan.registry import Registry

__all__ = ["GAN", "GMGAN", "GMMGAN", "MODELS", "ForwardPass", "LatentGAN", "LossTerm"]

MODELS = Registry(
    "model",
    {
        "gan": GAN,
        "gmgan": GMGAN,
        "gmmgan": GMMGAN,
    },
)
