"""tfgmmgan: GANs whose latent prior is a mixture of Gaussians."""
from tfgmmgan.models import GAN, GMMGAN
