"""Experiment trackers by their own callbacks."""

import numpy as np
import pytest


def test_mlflow_has_each_loss_of_each_epoch(images, tiny_gmmgan, tmp_path, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "runs").as_uri())
    import mlflow
    from mlflow.keras import MlflowCallback

    with mlflow.start_run() as run:
        history = tiny_gmmgan().fit(images, batch_size=8, epochs=2, verbose=0, callbacks=[MlflowCallback()]).history
    client = mlflow.MlflowClient()
    assert set(client.get_run(run.info.run_id).data.metrics) == set(history)
    for name, values in history.items():
        logged = client.get_metric_history(run.info.run_id, name)
        np.testing.assert_allclose([one.value for one in logged], values, rtol=1e-6)
