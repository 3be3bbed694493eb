import pytest
import tensorflow as tf

from tfgmmgan import GAN, GMGAN, LossTerm, UserError


def model_with(**given):
    class More(GMGAN):
        def loss_terms(self):
            return {**super().loss_terms(), "extra": LossTerm(lambda forward: tf.reduce_mean(forward.fake), **given)}

    return More((2,), 2, 3, width=0.05)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"trains": ("generator")}, r"Loss 'extra': trains must be a tuple of names, like \('generator',\)"),
        ({"trains": ()}, "trains must be a tuple"),
        ({"trains": ("genrator",)}, "Did you mean 'generator'"),
        ({"trains": ("classifier",)}, "Valid: encoder, discriminator, generator, prior"),
    ],
)
def test_a_loss_that_would_train_nothing_is_refused(given, says):
    with pytest.raises(UserError, match=says):
        model_with(**given).compile()


def test_others_are_not():
    model_with(trains=("generator", "prior")).compile()
    GAN((2,), 3, width=0.05).compile()
