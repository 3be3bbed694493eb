"""Subclasses of modes: kinds of images within a mode, found by what images are compared by, and told by C.

A mode has kinds of images, and D, which judges a mode's fakes against all images of the mode, tells G little of a rare
kind that it never draws: sevens with a bar. Where the prior has subclasses (`tfgmmgan.priors.SubclassMixture`), they
are found before training: as many groups of images that are alike (K-means), which C learns to know on top of what its
last layer works on. While the GAN trains, D tells apart 2 G classes: the real images of each subclass, as C knows them,
and its fakes; G learns that D shall take its fakes for the real images of the subclass that z is of. That is the loss
of an auxiliary discriminative classifier (Hou et al. 2022); a plain one (AC-GAN, Odena et al. 2017) rewards fakes that
no other subclass could be taken for, and each subclass is drawn as one image. That generators cover more where they
know clusters is known from self-conditioned GANs (Liu et al. 2020); that a mode's prior is a mixture of subclasses is
ours.
"""

import keras
import numpy as np
from sklearn.cluster import KMeans

from tfgmmgan.clustering.classifier_training import batches, order
from tfgmmgan.networks.fused_adam import FusedAdam

__all__ = ["find_subclasses"]

LEARNING_RATE = 2e-3  # falling to 0


def find_subclasses(
    rows: np.ndarray, features: np.ndarray, count: int, steps: int, batch_size: int, seed: int, verbose: int | str = 0
) -> dict[str, np.ndarray]:
    """Find groups of images that are alike and train a linear layer to tell them from C's features.

    Args:
        rows: (n, D) what the images are compared by.
        features: (n, F) what C's last layer works on.
        count: G, how many; fewer are found where fewer rows differ.
        steps: Training steps of the linear layer.
        batch_size: Images of a step.
        seed: Decides the groups and the order of the images.
        verbose: As in Keras's `fit`.

    Returns:
        `kernel` (F, G) and `bias` (G,) of the linear layer, and `subclasses` (n,), what it takes each image for.
    """
    different = min(count, len(np.unique(rows, axis=0)))
    groups = KMeans(different, n_init=1, max_iter=30, random_state=seed % 2**32).fit_predict(rows)
    layer = keras.layers.Dense(count, kernel_initializer=keras.initializers.GlorotUniform(seed), dtype="float32")
    model = keras.Sequential([keras.Input(features.shape[1:]), layer])
    model.compile(
        FusedAdam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    batch_size = min(batch_size, len(rows))
    chosen = order(np.random.default_rng([seed, 2]), len(rows), steps * batch_size)
    model.fit(batches(features, chosen, batch_size, groups[chosen]), shuffle=False, verbose=verbose)
    kernel, bias = layer.get_weights()
    return {"kernel": kernel, "bias": bias, "subclasses": (features @ kernel + bias).argmax(axis=1)}
