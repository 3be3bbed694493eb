import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation.networks.fingerprint import fingerprint
from tfgmmgan.utils.cache import cache_folder, cached


def dataset(images, labels=None):
    split = Split(len(images), labels, images)
    return ImageData("quadrants", split, split, images.shape[1:], ["a", "b", "c", "d"] if labels is not None else [])


def test_the_fingerprint_knows_labels_and_size(images):
    labels = np.arange(24) % 4
    prints = [
        fingerprint(dataset(images)),
        fingerprint(dataset(images, labels)),
        fingerprint(dataset(images, 3 - labels)),
        fingerprint(dataset(images[:20])),
    ]
    assert len(set(prints)) == 4 and fingerprint(dataset(images.copy())) == prints[0]
    many = np.repeat(images, 60, axis=0)  # more than are looked at of a stream
    other = many.copy()
    other[700] = 0
    assert fingerprint(dataset(many)) != fingerprint(dataset(other))


def test_a_damaged_cache_is_made_again(monkeypatch, tmp_path):
    monkeypatch.setenv("TFGMMGAN_CACHE", str(tmp_path / "cache"))
    make = lambda: {"x": np.arange(3)}  # noqa: E731
    cached("thing", {"a": 1}, make)
    (file,) = cache_folder().iterdir()
    for damage in (b"", b"PK nonsense", file.read_bytes()[:-20]):
        file.write_bytes(damage)
        np.testing.assert_array_equal(cached("thing", {"a": 1}, make)["x"], np.arange(3))
    np.testing.assert_array_equal(cached("thing", {"a": 1}, lambda: 1 / 0)["x"], np.arange(3))
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("TFGMMGAN_CACHE", str(blocked))
    np.testing.assert_array_equal(cached("thing", {"a": 1}, make)["x"], np.arange(3))


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.delenv("TFGMMGAN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "tfgmmgan"
