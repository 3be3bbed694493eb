"""The same networks and arithmetic in PyTorch: Tables 1-3 of responsibility learning, eq. 3 and 4, one Adam step each.

Paddings are PyTorch's symmetric ones, which give the same sizes and the same number of operations as TensorFlow's.
"""

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import nn
from torch.nn import functional as F

__all__ = ["SETTINGS", "TorchGMMGAN", "make_torch_step"]

LEAK = 0.2
SETTINGS = {  # name -> compiled, channels last
    "eager": (False, False),
    "eager channels_last": (False, True),
    "compiled": (True, False),
    "compiled channels_last": (True, True),
}


class TorchGMMGAN(nn.Module):
    """A GMMGAN with the shared encoder, a trained `factor` prior with equal weights, and non-saturating losses.

    Args:
        shape: (H, W, C) of the images.
        num_components: K.
        latent_dim: d.
        width: Multiplies the channels.
    """

    def __init__(
        self, shape: tuple[int, int, int], num_components: int = 10, latent_dim: int = 100, width: float = 1.0
    ) -> None:
        super().__init__()
        height, _, channels = shape
        self.num_components, self.latent_dim = num_components, latent_dim

        def scaled(count: int) -> int:
            return max(1, round(count * width))

        first, second, third = scaled(256), scaled(128), scaled(64)
        side = height // 4
        self.generator = nn.Sequential(
            nn.Linear(latent_dim, side * side * first),
            nn.BatchNorm1d(side * side * first),
            nn.LeakyReLU(LEAK),
            nn.Unflatten(1, (first, side, side)),
            nn.ConvTranspose2d(first, second, 5, 1, 2),
            nn.BatchNorm2d(second),
            nn.LeakyReLU(LEAK),
            nn.ConvTranspose2d(second, third, 5, 2, 2, 1),
            nn.BatchNorm2d(third),
            nn.LeakyReLU(LEAK),
            nn.ConvTranspose2d(third, channels, 5, 2, 2, 1),
            nn.Tanh(),
        )
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, third, 5, 2, 2),
            nn.LeakyReLU(LEAK),
            nn.Conv2d(third, second, 4, 2, 1),
            nn.BatchNorm2d(second),
            nn.LeakyReLU(LEAK),
            nn.Flatten(),
        )
        self.head = nn.Linear(side * side * second, 1)
        self.classifier = nn.Linear(side * side * second, num_components)
        self.loc = nn.Parameter(torch.empty(num_components, latent_dim).uniform_(-0.1, 0.1))
        self.scale = nn.Parameter(0.15**0.5 * torch.eye(latent_dim).repeat(num_components, 1, 1))

    def losses(self, real: torch.Tensor, estimator: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return D's and G's side of eq. 3 and the negative of eq. 4, real being (B, C, H, W) in [-1, 1]."""
        k, batch = self.num_components, len(real)
        fakes = batch if estimator == "paired" else -(-batch // k)
        eps = torch.randn(k, fakes, self.latent_dim)
        z = torch.matmul(eps, self.scale.transpose(1, 2)) + self.loc[:, None]  # [K, S, d]
        fake = self.generator(z.transpose(0, 1).reshape(fakes * k, -1))
        real_features, fake_features = self.encoder(real), self.encoder(fake)
        alpha = torch.softmax(self.classifier(real_features).float(), dim=1)
        constant = alpha.detach()
        scores = self.head(fake_features).float().reshape(fakes, k)
        log_classes = torch.log_softmax(self.classifier(fake_features).float(), dim=1).reshape(fakes, k, k)
        real_half = (constant * F.softplus(-self.head(real_features).float())).sum(1).mean() / k
        if estimator == "paired":
            discriminator = real_half + (constant * F.softplus(scores)).sum(1).mean() / k
            generator = (constant * F.softplus(-scores)).sum(1).mean() / k
            information = torch.einsum("ik,ij,ikj->i", alpha, alpha, log_classes).mean() / k
        else:
            discriminator = real_half + (constant.mean(0) * F.softplus(scores).mean(0)).mean()
            generator = (constant.mean(0) * F.softplus(-scores).mean(0)).mean()
            information = ((alpha.T @ alpha / batch) * log_classes.mean(0)).sum() / k
        return discriminator, generator, -information


def make_torch_step(
    model: TorchGMMGAN, estimator: str, precision: str, compiled: bool, channels_last: bool
) -> Callable[[torch.Tensor], None]:
    """Return a training step on (B, C, H, W) uint8 images, with both sides updated from the same fakes.

    Args:
        model: Its weights are trained.
        estimator: "paired" or "stratified".
        precision: "float32", or "bfloat16" by autocast.
        compiled: Whether losses and their gradients go through `torch.compile`.
        channels_last: Whether tensors lie in memory as (B, H, W, C).
    """
    judges = [*model.encoder.parameters(), *model.head.parameters(), *model.classifier.parameters()]
    makers = [*model.generator.parameters(), model.loc, model.scale]
    optimizers = [torch.optim.Adam(group, 2e-4, (0.5, 0.999), fused=True) for group in (judges, makers)]
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model.to(memory_format=layout)

    def gradients(real: torch.Tensor) -> tuple:
        with torch.autocast("cpu", torch.bfloat16) if precision == "bfloat16" else nullcontext():
            discriminator, generator, information = model.losses(real, estimator)
        first = torch.autograd.grad(discriminator + information, judges, retain_graph=True)
        return first, torch.autograd.grad(generator, makers)

    if compiled:
        gradients = torch.compile(gradients)

    def step(images: torch.Tensor) -> None:
        real = (images.to(torch.float32) / 127.5 - 1).to(memory_format=layout)
        for optimizer, found in zip(optimizers, gradients(real), strict=True):
            for weight, gradient in zip(optimizer.param_groups[0]["params"], found, strict=True):
                weight.grad = gradient
            optimizer.step()

    return step
