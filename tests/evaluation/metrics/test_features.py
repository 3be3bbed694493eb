import numpy as np

from tfgmmgan.evaluation import Features


def test_rows_from_all_over_a_sorted_split():
    """Examples that are stored class by class: the first of them are of a few classes only."""
    stored = Features(np.arange(10_000, dtype=np.float32)[:, None], np.arange(10_000)[:, None])
    assert stored.spread(10_000) is stored and stored.spread(10_001) is stored
    chosen = stored.spread(100)
    rows = chosen.logits[:, 0]
    np.testing.assert_array_equal(chosen.values[:, 0], rows)
    assert len(set(rows)) == 100 and (np.diff(rows) > 0).all()
    assert (np.bincount(rows // 1000, minlength=10) > 3).all()
    np.testing.assert_array_equal(rows, stored.spread(100).logits[:, 0])
