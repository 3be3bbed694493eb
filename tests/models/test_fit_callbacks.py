"""`fit` never leaves a model with weights that are not finite."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgmmgan


class Diverges(tfgmmgan.GAN):
    """A GAN whose generator's loss is NaN from the sixth step on."""

    def generator_loss(self, forward):
        factor = tf.where(tf.convert_to_tensor(self.optimizer.iterations) >= 5, float("nan"), 0.0)
        return super().generator_loss(forward) + factor * tf.reduce_sum(forward.fake)


def test_fit_stops_and_the_model_has_its_last_good_state(images):
    model, same = (Diverges((8, 8, 1), latent_dim=3, width=0.1) for _ in range(2))
    same.set_weights(model.get_weights())
    for one in (model, same):
        one.compile()
    same.fit(images, batch_size=8, epochs=1, shuffle=False, verbose=0)  # three steps
    with pytest.raises(tfgmmgan.UserError, match=r"is not finite after epoch 2.*state of before that epoch"):
        model.fit(images, batch_size=8, epochs=4, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 3
    for one, other in zip(model.variables, same.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)
    for one, other in zip(model.optimizer.variables, same.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)


def test_a_callback_of_one_s_own_is_still_called(images):
    seen = []
    model = tfgmmgan.GAN((8, 8, 1), latent_dim=3, width=0.1)
    model.compile()
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    model.fit(images, batch_size=8, epochs=2, verbose=0, callbacks=[told])
    assert seen == [0, 1]
