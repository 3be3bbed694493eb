import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import SupervisedGMGAN
from tfgmmgan.models import ForwardPass

LABELS = np.arange(24) % 4


def losses_of(model, images):
    """Return L(D), L(G), D of the real examples and of the fakes, and the fakes' components."""
    real = tf.constant(images, tf.float32) / 127.5 - 1
    forward = ForwardPass(model, real, tf.constant(LABELS), tf.constant([0, 1]), 16)
    parts = (forward.real_scores, tf.reshape(forward.fake_outputs, [16, -1]))
    d, d_hat = (1 / (1 + np.exp(-part.numpy().astype(np.float64))) for part in parts)
    components = forward.components.numpy().ravel()
    return model.discriminator_loss(forward).numpy(), model.generator_loss(forward).numpy(), d, d_hat, components


@pytest.mark.parametrize(
    ("k", "mapping", "outputs"),
    [
        (4, {}, 4),  # K = N
        (4, {"component_to_class": [2, 0, 3, 1]}, 4),
        (6, {}, 4),  # K > N: k mod N
        (6, {"component_to_class": [0, 0, 0, 1, 2, 3]}, 4),
        (2, {}, 2),  # K < N: c mod K
        (2, {"class_to_component": [1, 0, 0, 0]}, 2),
    ],
)
def test_losses_are_those_of_algorithm_1(images, k, mapping, outputs):
    model = SupervisedGMGAN((8, 8, 1), 4, k, latent_dim=5, width=0.1, **mapping)
    f = mapping.get("component_to_class") or [component % outputs for component in range(k)]
    group = mapping.get("class_to_component") or [label % outputs for label in range(4)]
    loss_d, loss_g, d, d_hat, components = losses_of(model, images)
    assert d.shape == (24, outputs) and d_hat.shape == (16, outputs)

    def row(p, true):
        return -np.log(p[true]) - sum(np.log(1 - p[m]) for m in range(outputs) if m != true)

    real = np.mean([row(p, group[label]) for p, label in zip(d, LABELS, strict=True)])
    fake = np.mean([-np.log(1 - p).sum() for p in d_hat])
    assert loss_d == pytest.approx((real + fake) / 2, rel=1e-5)
    meant = np.mean([row(p, f[component]) for p, component in zip(d_hat, components, strict=True)])
    assert loss_g == pytest.approx(meant, rel=1e-5)


def test_a_class_s_own_fakes_alone(images):
    model = SupervisedGMGAN((8, 8, 1), 4, 6, latent_dim=5, width=0.1, negatives="own_class")
    loss_d, loss_g, d, d_hat, components = losses_of(model, images)
    own_real = d[np.arange(24), LABELS]
    own_fake = d_hat[np.arange(16), components % 4]
    assert loss_d == pytest.approx((-np.log(own_real).mean() - np.log(1 - own_fake).mean()) / 2, rel=1e-5)
    assert loss_g == pytest.approx(-np.log(own_fake).mean(), rel=1e-5)
    with pytest.raises(ValueError, match=r"Did you mean 'own_class'\?"):
        SupervisedGMGAN((2,), 3, negatives="own")


def test_component_classes():
    assert SupervisedGMGAN((2,), 3, 3).component_classes == [[0], [1], [2]]
    assert SupervisedGMGAN((2,), 3, 5).component_classes == [[0], [1], [2], [0], [1]]
    assert SupervisedGMGAN((2,), 3, 2, class_to_component=[1, 0, 1]).component_classes == [[1], [0, 2]]


@pytest.mark.parametrize(
    ("k", "mapping", "message"),
    [
        (4, {"component_to_class": [0, 1, 2]}, "component_to_class must be 4 integers"),
        (4, {"component_to_class": [0, 1, 2, 2]}, "each of 0 to 3"),
        (4, {"class_to_component": [0, 1, 2, 3]}, "give component_to_class, not class_to_component"),
        (2, {"component_to_class": [0, 1]}, "give class_to_component, not component_to_class"),
        (2, {"class_to_component": [0, 0, 0, 0]}, "each of 0 to 1"),
    ],
)
def test_bad_mappings(k, mapping, message):
    with pytest.raises(ValueError, match=message):
        SupervisedGMGAN((2,), 4, k, **mapping)


def test_mapping_survives_saving(images, tmp_path):
    model = SupervisedGMGAN((8, 8, 1), 4, 5, latent_dim=5, width=0.1, component_to_class=[3, 2, 1, 0, 0])
    model.compile()
    model.fit(images, LABELS, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.component_classes == [[3], [2], [1], [0], [0]] and loaded.discriminator.num_outputs == 4
