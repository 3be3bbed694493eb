"""Ways to draw from a trained model."""

from types import SimpleNamespace

import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation.samplers import samplers


def test_the_upper_bound_is_of_as_many_real_images_as_are_asked_for():
    """Of test images, 1 here, and where they are too few of training images, 0, too."""
    train, test = (Split(n, None, np.full((n, 2, 2, 1), value, np.uint8)) for n, value in ((20, 0), (5, 1)))
    model = SimpleNamespace(
        capabilities={"encode"}, sampling_priors={}, training_prior=None, reconstruct=lambda images: images
    )
    draw = samplers(model, ImageData("some", train, test, (2, 2, 1)))["encodings"]
    for n, of_test in ((3, 3), (5, 5), (6, 5), (25, 5), (99, 5)):
        drawn = np.concatenate(list(draw(n, 0)))
        assert len(drawn) == min(n, 25) and (drawn[:of_test] == 1).all() and (drawn[of_test:] == 0).all()
