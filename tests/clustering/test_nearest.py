import numpy as np
import pytest

from tfgmmgan.clustering import nearest
from tfgmmgan.clustering.nearest import nearest_rows


def by_distance(rows, count):
    distances = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances.argsort(axis=1)[:, :count]


@pytest.fixture
def many(monkeypatch):
    """Rows that count as many, where faiss is there."""
    pytest.importorskip("faiss")
    monkeypatch.setattr(nearest, "EXACT", 100)
    return np.random.default_rng(0).normal(size=(800, 6)).astype(np.float32)


def test_neighbours_are_the_nearest_rows():
    rows = np.random.default_rng(0).normal(size=(30, 6))
    np.testing.assert_array_equal(nearest_rows(rows, 4), by_distance(rows, 4))
    assert nearest_rows(rows[:3], 5).shape == (3, 2)


def test_of_many_rows_nine_of_ten_neighbours_are_found_the_same_each_time(many):
    found, expected = nearest_rows(many, 5), by_distance(many, 5)
    right = np.mean([len({*one} & {*other}) / 5 for one, other in zip(found, expected, strict=True)])
    assert found.shape == (800, 5) and right > 0.9
    assert not (found == np.arange(800)[:, None]).any()
    distances = np.linalg.norm(many[:, None] - many[found], axis=2)
    assert (np.diff(distances, axis=1) >= -1e-5).all()  # nearest first
    np.testing.assert_array_equal(nearest_rows(many, 5), found)


def test_copies_have_neighbours_too(many):
    many[:400] = many[0]
    found = nearest_rows(many, 5)
    assert ((found >= 0) & (found < 800)).all() and not (found == np.arange(800)[:, None]).any()
    assert all(len(set(row)) == 5 for row in found)
    assert (found[:400] < 400).all()


def test_without_faiss_it_says_what_would_be_faster(many, monkeypatch, recwarn):
    monkeypatch.setattr(nearest, "has_faiss", lambda: False)
    np.testing.assert_array_equal(nearest_rows(many, 3), by_distance(many, 3))
    assert "pip install 'tfgmmgan[scale]'" in str(recwarn.pop().message)
