import pytest

from tfgmmgan.clustering.sizes import assumed_sizes


@pytest.mark.parametrize(("penalty", "said"), [(0.0, 1), (0.8, 0), (None, 0)])
def test_which_sizes_were_looked_for_is_said(penalty, said):
    lines = assumed_sizes(penalty, "--price")
    assert len(lines) == said and all("of like size" in line and "(--price 0.8" in line for line in lines)
