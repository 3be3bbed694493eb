"""Systems side by side: the distance within classes, and a comparison at tiny size."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import systems
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.tfgan import frechet_distance
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork


class Model:
    """Component k draws points around (3 k, 0); 0 and 1 are swapped to the classes, 2 draws what no class has."""

    def generate(self, n, component=None, seed=None, **kwargs):
        noise = np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)
        return noise + np.array([[3.0, 0.0], [0.0, 0.0], [9.0, 0.0]], np.float32)[component]


def test_modes_are_matched_to_classes_before_their_images_are_compared(monkeypatch):
    monkeypatch.setattr(
        systems, "draw_in_batches", lambda model, n, seed, component: [model.generate(n, component, seed)]
    )
    rng = np.random.default_rng(1)
    labels = np.repeat([4, 7], 300)
    points = rng.normal(size=(600, 2)) + np.where(labels == 4, 0.0, 3.0)[:, None] * [1, 0]
    judge = FeatureNetwork("classifier", lambda examples: (np.asarray(examples), None), "points")
    modes = np.eye(3)[np.where(labels == 4, 1, 0)]
    subject = SimpleNamespace(
        has_modes=True,
        judge=judge,
        modes_by="classifier",
        model=Model(),
        seed=0,
        data=SimpleNamespace(test=SimpleNamespace(labels=labels)),
        responsibilities=lambda by, split: modes,
        real=lambda network, split: Features(points),
    )
    found = systems.intra_class_distance(subject)
    assert 0 < found < 0.1  # the classes swapped, it would be 9
    apart = [
        frechet_distance(Features(points[labels == label]).moments, Features(Model().generate(300, at, 0)).moments)
        for label, at in ((4, 1), (7, 0))
    ]
    assert found == pytest.approx(np.mean(apart), rel=1e-3)
    subject.has_modes = False
    assert systems.intra_class_distance(subject) is None


@pytest.mark.slow
def test_runs_at_tiny_size(tmp_path, capsys):
    x, y = np.random.default_rng(0).integers(0, 256, (200, 8, 8), dtype=np.uint8), np.arange(200) % 2
    np.savez(tmp_path / "own.npz", x_train=x, y_train=y, x_test=x[:60], y_test=y[:60])
    arguments = ["--datasets", "own", "--data", str(tmp_path), "--systems", "gan", "acgan", "--minutes"]
    arguments += ["0.0001", "--seeds", "0", "1", "--model.width=0.05", "--batch_size=50", "--evaluation.samples=40"]
    found = systems.main([*arguments, "--json", str(tmp_path / "a.json")])
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads(json.dumps(found))
    assert [row["system"] for row in found["rows"]] == ["gan", "acgan (told labels)"]
    gan, acgan = (row["scores"] for row in found["rows"])
    assert all(one["ICFID"] is None and one["Fréchet"] > 0 and one["ACC, Alg. 2"] is None for one in gan)
    assert all(one["ICFID"] > 0 and 0 < one["ACC, Alg. 2"] <= 1 and one["epochs"] == 1 for one in acgan)
    assert "| gan | - |" in capsys.readouterr().out
