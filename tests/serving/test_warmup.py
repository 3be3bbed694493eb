import numpy as np
import pytest
import tensorflow as tf
from google.protobuf.unknown_fields import UnknownFieldSet

import tfgmmgan
from tfgmmgan.serving.warmup import FILE


def test_tf_servings_own_protos_read_the_requests_and_the_model_answers_each(tiny_modegan, tmp_path):
    log = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    folder = tfgmmgan.export(tiny_modegan(num_components=4), tmp_path)
    served = tf.saved_model.load(str(folder)).signatures
    names = []
    for record in tf.data.TFRecordDataset(str(folder / FILE)).as_numpy_iterator():
        read = log.PredictionLog.FromString(record)
        assert read.WhichOneof("log_type") == "predict_log" and len(UnknownFieldSet(read)) == 0
        request = read.predict_log.request
        names.append(request.model_spec.signature_name)
        given = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        assert all(value.shape[0] == 1 for value in given.values())
        answers = served[names[-1]](**given)
        assert all(np.shape(answer)[0] == 1 for answer in answers.values())
    assert {"generate", "responsibilities_bytes", "interpolate_png"} <= set(names)
    assert set(names) == {name for name in served if not name.startswith("legacy_")} - {"serving_default"}
