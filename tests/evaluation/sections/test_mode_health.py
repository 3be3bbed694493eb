"""Dead and duplicate modes, on a generator of which all is known."""

from types import SimpleNamespace

import numpy as np

from tfgmmgan import GMGAN, GaussianMixture
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork
from tfgmmgan.evaluation.sections import mode_health


class Known(GMGAN):
    """Components 0 and 1 draw a bright first quadrant, 2 the second, 3 the fourth."""

    def generate(self, n, component=None, variance_scale=1.0, seed=None):
        rng = np.random.default_rng(seed)
        images = rng.uniform(-1, -0.5, (n, 8, 8, 1)).astype(np.float32)
        for image, k in zip(images, np.broadcast_to(component, n), strict=True):
            quadrant = (0, 0, 1, 3)[k]
            image[4 * (quadrant // 2) : 4 * (quadrant // 2) + 4, 4 * (quadrant % 2) : 4 * (quadrant % 2) + 4] += 1.4
        return images


def test_health(monkeypatch):
    model = Known((8, 8, 1), prior=GaussianMixture(4, 3), width=0.05)
    rng = np.random.default_rng(0)

    def pixels(examples):
        return examples.reshape(len(examples), -1)[:, ::8], None

    def assign(examples):
        bright = np.stack([examples[:, :4, :4], examples[:, :4, 4:], examples[:, 4:, :4], examples[:, 4:, 4:]], 1)
        quadrant = bright.mean((2, 3, 4)).argmax(1)
        first = rng.integers(2, size=len(examples))  # nothing tells 0 from 1
        return np.eye(4)[np.select([quadrant == 0, quadrant == 1], [first, 2], 3)]

    real = model.generate(100, component=np.repeat([0, 2], 50), seed=5)
    responsibilities = np.repeat(np.eye(4)[[0, 2]] * 0.97 + 0.01, 50, axis=0)
    of_train = np.eye(4)[np.repeat([0, 1, 2], [80, 40, 80])]  # a rare one that the test split has none of is alive
    network = FeatureNetwork("pixels", pixels, "pixels")
    monkeypatch.setattr(mode_health, "NUM_PER_MODE", 200)
    subject = SimpleNamespace(
        model=model,
        seed=0,
        networks=[network],
        modes_by="algorithm_2",
        assigners=lambda: {"algorithm_2": assign},
        real=lambda network, split: Features(pixels(real)[0]),
        responsibilities=lambda method, split: of_train if split == "train" else responsibilities,
    )
    health = mode_health.ModeHealth().measure(subject)["mode_health"]
    assert health["dead"] == [3] and health["duplicates"] == [[0, 1]]
    shares = [mode["share"] for mode in health["modes"]]
    assert shares == [0.5, 0, 0.5, 0]
    p = np.array([0.98, 0.01, 0.01, 0.01]) / 1.01
    np.testing.assert_allclose(health["modes"][0]["entropy"], -(p * np.log(p)).sum(), rtol=1e-6)
    assert health["modes"][1]["entropy"] is None and health["modes"][1]["pixels"]["recall"] is None
    assert health["modes"][2]["recovered_by_algorithm_2"] == 1 and health["modes"][2]["recovered"] is None
    assert health["modes"][0]["pixels"]["num"] == 50 and health["modes"][0]["pixels"]["recall"] > 0.5
    assert health["modes"][0]["pixels"]["coverage"] > 0.5 and health["modes"][1]["pixels"]["coverage"] is None
