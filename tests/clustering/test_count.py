"""How many kinds there are."""

import numpy as np
import pytest

from tfgmmgan import ImageClusterer
from tfgmmgan.clustering import count
from tfgmmgan.clustering.count import as_good, choose_count, falls


def test_the_fall_is_of_the_share_of_the_possible_gain():
    """Five equal kinds told apart: each is worth all it can be, and one more a tenth of that."""
    information = {k: np.log(k) for k in range(2, 6)}
    for k in (6, 7, 8):
        information[k] = information[k - 1] + 0.1 * np.log(k / (k - 1))
    expected = {2: 0.0, 3: 0.0, 4: 0.45, 5: 0.9, 6: 0.0, 7: 0.0}  # from 4 on one of the next two, then both, gain 0.1
    assert falls(information) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kinds", [2, 4, 7])
def test_as_many_kinds_as_there_are(kinds):
    rng = np.random.default_rng(kinds)
    labels = rng.integers(kinds, size=100 * kinds)
    rows = rng.normal(size=(len(labels), 6)) + 12 * rng.normal(size=(kinds, 6))[labels]
    found, information = choose_count(rows, most=12)
    assert found == kinds and list(information) == list(range(2, 15))
    assert information[kinds] == pytest.approx(np.log(kinds), abs=0.1)


def test_few_rows_and_few_kinds_at_most():
    rows = np.random.default_rng(0).normal(size=(35, 3))
    found, information = choose_count(rows)
    assert 2 <= found <= 3 and list(information) == [2, 3, 4, 5]  # ten rows for a kind
    assert choose_count(rows, most=2)[0] == 2
    assert choose_count(rows[:2])[0] == 2


def test_images_say_how_many_kinds_they_have(images, tiny_clusterer, monkeypatch, capsys):
    monkeypatch.setattr(count, "LEAST_OF_A_KIND", 3)
    clusterer = tiny_clusterer("auto", verbose=1).fit(images)
    assert clusterer.n_clusters_ == 4 and clusterer.predict_proba(images).shape == (24, 4)
    assert clusterer.n_clusters == "auto" and max(clusterer.count_information_) == 10
    assert "4 kinds, by what one more tells about neighbours." in capsys.readouterr().out
    with pytest.raises(ValueError, match="Kinds can't be found among 1 images; expected 2 images at least"):
        ImageClusterer("auto").fit(images[:1])


def test_whether_a_number_stands_out():
    def curve(gains):
        found, total = {}, 0.0
        for k, gain in enumerate(gains, 2):
            found[k] = total = total + gain * np.log(k / (k - 1))
        return found

    assert as_good(curve([1, 1, 1, 0.4, 0.4, 0.4, 0.4, 0.4]), 4) == (True, [])
    assert as_good(curve([1, 1, 1, 0.4, 0.4, 0.4, 0.4]), 4) == (False, [])  # of six at most
    assert as_good(curve([0.9, 0.77, 0.77, 0.64, 0.64, 0.64]), 4) == (False, [2])  # 2 falls by 0.13, and so does 4
