import numpy as np

from tfgmmgan import GMGAN, GaussianMixture
from tfgmmgan.data import Split
from tfgmmgan.evaluation import algorithm_2


class Known(GMGAN):
    """Its component k draws a bright k-th quadrant: what Algorithm 2 must find is known."""

    def generate(self, n, component=None, variance_scale=1.0, seed=None):
        rng = np.random.default_rng(seed)
        images = rng.uniform(-1, -0.5, (n, 8, 8, 1)).astype(np.float32)
        for image, k in zip(images, np.broadcast_to(component, n), strict=True):
            image[4 * (k // 2) : 4 * (k // 2) + 4, 4 * (k % 2) : 4 * (k % 2) + 4] += 1.4
        return images


def test_assigns_real_images_to_the_components_that_draw_such(images):
    model = Known((8, 8, 1), prior=GaussianMixture(4, 3), width=0.05)
    found = algorithm_2(model, Split(24, None, images), num_per_component=200)
    assert found.shape == (24, 4)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.argmax(1), np.arange(24) % 4)
    again = algorithm_2(model, Split(24, None, images), num_per_component=200)
    np.testing.assert_allclose(found, again, atol=1e-5)
