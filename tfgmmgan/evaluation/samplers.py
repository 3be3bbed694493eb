"""Ways to draw from a trained model that are measured beside each other."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import numpy as np

from tfgmmgan.data import ImageData
from tfgmmgan.models import LatentGAN
from tfgmmgan.priors import FittedMixture

__all__ = ["BATCH", "Sampler", "draw_in_batches", "samplers"]

Sampler = Callable[[int, int], Iterator[np.ndarray]]  # from (n, seed) to batches
BATCH = 512
TRUNCATION = 1.0
FITTED = 10_000


def draw_in_batches(
    model: LatentGAN, n: int, seed: int, component: np.ndarray | None = None, **kwargs
) -> Iterator[np.ndarray]:
    """Yield n generated examples, 512 at a time, so that no more are held; (n, seed) decides them.

    Of components (n,), or of the mixture's where None; the rest are arguments of `generate`.
    """
    for number, start in enumerate(range(0, n, BATCH)):
        size = min(BATCH, n - start)
        chosen = None if component is None else component[start : start + size]
        own_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0] >> 1)
        yield model.generate(size, component=chosen, seed=own_seed, **kwargs)


def samplers(model: LatentGAN, data: ImageData, fit: bool = False) -> dict[str, Sampler]:
    """Return a model's samplers by name.

    `prior`, the model's own; for GAEL `fitted_mixture` (once it is fitted; with `fit` one is fitted for now, to 10,000
    training examples), `normal`, `normal_truncated` (BigGAN's truncation trick at 1) and `encodings`, G(Enc(x)) of real
    examples, its upper bound (section 4.2): of the test split, and where it has too few of the training split, too.
    """
    priors = model.sampling_priors
    if fit and "fit_prior" in model.capabilities and "fitted_mixture" not in priors:
        codes = np.concatenate([model.encode(batch) for batch, _ in data.train.draw_batches(FITTED)])
        if len(codes) >= model.num_components:
            mixture = FittedMixture(model.num_components, model.latent_dim, model.prior.covariance, model.prior.seed)
            priors = {"fitted_mixture": mixture.fit(codes), **priors}
    found: dict[str, Sampler] = {name: partial(draw_in_batches, model, prior=prior) for name, prior in priors.items()}
    if "encode" in model.capabilities:
        found["normal_truncated"] = partial(draw_in_batches, model, prior=model.training_prior, truncation=TRUNCATION)
        found["encodings"] = partial(_reconstruct, model, data)
    return found


def _reconstruct(model: LatentGAN, data: ImageData, n: int, seed: int) -> Iterator[np.ndarray]:
    more = n - len(data.test)
    for batch, _ in chain(data.test.draw_batches(n), data.train.draw_batches(more) if more > 0 else ()):
        yield model.reconstruct(batch)
