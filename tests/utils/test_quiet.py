import os

import pytest

from tfgmmgan.utils.quiet import import_tensorflow


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0"), ("1", "1")])
def test_onednn_is_on_unless_the_user_says_so(before, after, monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if before is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", before)
    import_tensorflow()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == after
