import pytest

from tfgmmgan.serving.server.model import _sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("assertion failed: [the batch is empty]\n\t [[{{node a/Assert}}]]", "The batch is empty."),
        ("x: assertion failed: [component must be in [0, 3)]\n\t [[{{node b}}]]", "Component must be in [0, 3)."),
        ("assertion failed: [component must be in [0, 3)] [9]", "Component must be in [0, 3)."),  # exports of 0.1
        ("{{function_node f}} Unknown image file format. One of JPEG, PNG. [Op:F]", None),
    ],
)
def test_of_an_error_of_tensorflow_a_sentence_is_told(error, sentence):
    told = _sentence(error)
    assert "{{" not in told and "\n" not in told and told.endswith(".")
    assert sentence is None or told == sentence
