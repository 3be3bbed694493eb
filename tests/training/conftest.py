import pytest


@pytest.fixture
def unexported(monkeypatch):
    """Runs that end without their SavedModel, which takes as long as all else of a tiny one."""
    monkeypatch.setattr("tfgmmgan.training.runner.export", lambda *arguments: None)
