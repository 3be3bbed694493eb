"""Two replicas with half the batch each do what one device does with all of it."""

import json
import os
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.data.scaling import to_float
from tfgmmgan.losses.responsibility import joint_of_pairs
from tfgmmgan.models import MODELS
from tfgmmgan.models.forward import Latents
from tfgmmgan.networks.normalization import BatchNormalization
from tfgmmgan.training.build import build_model
from tfgmmgan.training.options import TrainConfig, heeded_options
from tfgmmgan.training.strategies import make_strategy
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import make_seed
from tfgmmgan.utils.replicas import (
    batch_mean,
    is_multi_worker,
    mean_of_sums,
    num_replicas,
    own_part,
    per_replica,
    replica_seed,
    workers_share,
)

K, S, SHAPE = 4, 3, (8, 8, 1)
BATCH = 2 * K * S  # divides evenly: each replica has K S real images and S fakes of each component
EVERY_LOSS = {
    "model.mutual_information": 1.0,
    "model.mutual_information_updates": "all",
    "model.classifier_adversarial": True,
    "model.responsibility_consistency": 0.7,
    "model.marginal_entropy": 1.3,
}


@pytest.fixture(scope="module")
def strategy():
    return make_strategy("mirrored")


def make(name, **options):
    options = {"model": name, "latent_dim": 5, "model.width": 0.1, **options}
    heeded = heeded_options(name)
    if "num_components" in heeded:
        options["num_components"] = K
    if "clusterer.steps" in heeded:
        options |= {"clusterer.steps": 4, "clusterer.self_training_rounds": 0, "clusterer.descriptor": "pixels"}
    shape = (32, 32, 3) if options.get("model.architecture") == "resnet" else SHAPE
    return build_model(TrainConfig(options), shape, K)


def inject_noise(model, replicas):
    """Give every replica its rows of one draw for the whole batch, so that the fakes are those of one device."""
    draw = model.draw_latents

    def part(fakes, seed):
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        latents = draw(fakes * replicas, make_seed(7))
        return Latents(*(None if rows is None else rows[replica * fakes :][:fakes] for rows in latents))

    model.draw_latents = part


def gradients(model, images, labels):
    real, labels, share = own_part(to_float(images), labels)
    fakes = model.fakes_per_component(images.shape[0])
    forward = model.forward_pass(model, real, labels, make_seed(0), fakes, share)
    losses, found = model.losses_and_gradients(forward)
    model.after_update(forward)
    return losses, {f"{g}/{v.path}": gradient for g, pairs in found.items() for gradient, v in pairs}


CASES = {
    "gmmgan": EVERY_LOSS,
    "gmmgan paired": EVERY_LOSS | {"model.estimator": "paired", "model.posterior_comparison": "mutual_information"},
    "gmmgan separate": EVERY_LOSS | {"model.encoder": "separate"},
    "modegan": {"model.diversity": 1.7},
    "modegan subclasses": {"prior.subclasses": 2, "model.diversity": 1.7},
    **{name: {} for name in MODELS if name not in ("gmmgan", "modegan", "wgan_gp")},  # its penalty has its own noise
}


@pytest.mark.parametrize("case", CASES)
def test_the_mean_gradient_is_one_device_s(case, strategy):
    name = case.split()[0]
    rng = np.random.default_rng(0)
    images = tf.constant(rng.integers(0, 256, (BATCH, *SHAPE), dtype=np.uint8))
    labels = tf.constant(rng.integers(0, K, BATCH))
    alone = make(name, **CASES[case])
    with strategy.scope():
        mirrored = make(name, **CASES[case])
    mirrored.set_weights(alone.get_weights())
    inject_noise(alone, 1)
    inject_noise(mirrored, 2)
    expected_losses, expected = gradients(alone, images, labels)

    @tf.function(autograph=False)
    def run():
        def step():
            rows = slice(replica_id() * BATCH // 2, (replica_id() + 1) * BATCH // 2)
            return gradients(mirrored, tf.ensure_shape(images[rows], (BATCH // 2, *SHAPE)), labels[rows])

        losses, found = strategy.run(step)
        mean = {key: strategy.reduce("MEAN", value, axis=None) for key, value in losses.items()}
        return mean, {key: strategy.reduce("SUM", value, axis=None) for key, value in found.items()}

    losses, found = run()
    for key, value in expected_losses.items():
        np.testing.assert_allclose(losses[key], value, rtol=1e-5, atol=1e-6, err_msg=key)
    assert len(found) == len(expected)
    for (key, value), ours in zip(expected.items(), found.values(), strict=True):
        np.testing.assert_allclose(ours, value, rtol=1e-5, atol=1e-5 * max(1, np.abs(value).max()), err_msg=key)
    assert any(np.abs(value).max() > 1e-4 for value in expected.values())
    for ours, theirs in zip(mirrored.non_trainable_variables, alone.non_trainable_variables, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-6, err_msg=ours.path)


def replica_id():
    return tf.distribute.get_replica_context().replica_id_in_sync_group


SUBCLASSES = {"prior.subclasses": 2}


@pytest.mark.parametrize(
    ("name", "options"), [("gmmgan", {}), ("modegan", {}), ("modegan", SUBCLASSES), ("wgan_gp", {})]
)
def test_fit_keeps_replicas_alike_and_their_noise_apart(name, options, strategy, images):
    with strategy.scope():
        model = make(name, **options)
        drawn = model.draw_latents
    seeds = []

    def remember(fakes, seed):
        seeds.append(seed)
        return drawn(fakes, seed)

    model.draw_latents = remember
    batches = tf.data.Dataset.from_tensor_slices(images).repeat().batch(20, drop_remainder=True)
    model.fit(batches, steps_per_epoch=3, epochs=2, verbose=0)
    assert len({seed.name for seed in seeds}) == len(seeds) >= 2
    before = make(name, **options).get_weights()
    assert any(np.abs(now - was).max() > 0 for now, was in zip(model.get_weights(), before, strict=True))
    for variable in model.variables:
        first, second = strategy.experimental_local_results(variable.value)
        if "mean/" not in variable.path:  # the trackers of losses hold each replica's part
            np.testing.assert_array_equal(first, second, err_msg=variable.path)
    seeds = strategy.run(tf.function(lambda: replica_seed(make_seed(3)))).values
    assert not np.array_equal(*seeds)


def test_spectral_networks_train(strategy):
    with strategy.scope():
        model = make("gmmgan", **{"model.width": 0.02, "model.architecture": "resnet"})
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    losses = model.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0).history
    assert all(np.isfinite(value).all() for value in losses.values())


def test_batch_norm_is_synchronised_where_there_are_replicas(strategy):
    assert not BatchNormalization().synchronized
    with strategy.scope():
        assert BatchNormalization().synchronized and not BatchNormalization(synchronized=False).synchronized
        assert num_replicas() == 2 and per_replica(7) == 4
    assert num_replicas() == 1 and per_replica(7) == 7


def test_means_and_seeds_outside_a_replica_are_the_values_themselves(strategy):
    value = tf.constant([1.0, 2.0])
    rows, labels, share = own_part(value, value)
    assert rows is value and labels is value and share == 1.0 and replica_seed(value) is value
    assert float(batch_mean(value)) == 1.5
    with strategy.scope():
        assert float(batch_mean(value)) == 1.5


def test_the_joint_of_pairs_is_the_whole_batch_s(strategy):
    first, second = (tf.nn.softmax(tf.random.stateless_normal([8, K], [0, seed])) for seed in (1, 2))

    def replica():
        rows = slice(replica_id() * 4, (replica_id() + 1) * 4)
        return joint_of_pairs(first[rows], second[rows])

    for joint in strategy.experimental_local_results(strategy.run(tf.function(replica))):
        np.testing.assert_allclose(joint, joint_of_pairs(first, second), rtol=1e-5)


def test_gradients_of_means_reach_every_replica(strategy):
    """d/dx_r mean_q f_q(mean x), for f_q(m) = (q + 1) m^2 / 2."""

    def replica():
        x = tf.cast(replica_id() * 4 + 1, tf.float32)  # 1 and 5
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.cast(replica_id() + 1, tf.float32) * mean_of_sums(x, 1) ** 2 / 2
        return tape.gradient(loss, x)

    found = strategy.experimental_local_results(strategy.run(tf.function(replica)))
    assert [float(value) for value in found] == [(1 + 2) * 3 / 2] * 2


def test_an_empty_replica_counts_for_nothing(strategy):
    rows, labels = tf.constant([[1.0, 2.0], [5.0, 4.0]]), tf.constant([3, 7])

    @tf.function(autograph=False)
    def replica(count):
        first = tf.equal(replica_id(), 0)  # all and none, or one and one
        start, end = tf.where(first, 0, count), tf.where(first, count, 2)
        own, of_own, share = own_part(rows[start:end], labels[start:end])
        return own, of_own, share, batch_mean(own)

    def found(count):
        return [strategy.experimental_local_results(each) for each in strategy.run(replica, (tf.constant(count),))]

    own, of_own, share, mean = found(2)
    assert [float(one) for one in share] == [1.0, 0.0]
    for one, label, whole in zip(own, of_own, mean, strict=True):  # the second has a copy of the whole batch
        np.testing.assert_array_equal(one, rows)
        np.testing.assert_array_equal(label, labels)
        np.testing.assert_allclose(whole, [3.0, 3.0])
    own, _, share, mean = found(1)
    assert [float(one) for one in share] == [0.5, 0.5] and [one.numpy().tolist() for one in own] == [[[1, 2]], [[5, 4]]]
    np.testing.assert_allclose(mean[0], [3.0, 3.0])


STEP_OF_REPLICAS = """
import json, sys
import numpy as np, tensorflow as tf
replicas, sizes = int(sys.argv[1]), json.loads(sys.argv[2])
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * replicas)
import keras, tfgmmgan
strategy = tf.distribute.MirroredStrategy([f"CPU:{number}" for number in range(replicas)])
images = tfgmmgan.load_data("digits").train.examples
found = {}
for size in sizes:
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = tfgmmgan.GMMGAN((8, 8, 1), 4, 5, width=0.1)
        model.compile()
    losses = model.fit(images[:size], batch_size=size, verbose=0, shuffle=False).history
    finite = all(np.isfinite(one.numpy()).all() for one in model.variables) and np.isfinite(list(losses.values())).all()
    found[size] = {"finite": bool(finite), "probs": model.prior.probs.numpy().tolist()}
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.parametrize("replicas", [2, 3])
def test_every_remainder_of_a_batch_is_trained_on_as_by_one_device(replicas):
    """Also of fewer images than replicas: the mixture's weights follow the whole batch, under its batch norm."""
    sizes = json.dumps([*range(1, replicas), replicas + 1, 2 * replicas - 1])
    alone, several = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", STEP_OF_REPLICAS, str(number), sizes], capture_output=True, text=True, check=True
            ).stdout
        )
        for number in (1, replicas)
    )
    for size, expected in alone.items():
        assert several[size]["finite"]
        np.testing.assert_allclose(several[size]["probs"], expected["probs"], rtol=1e-4)


def test_workers_share_wants_batches_that_the_replicas_divide(strategy):
    assert not is_multi_worker(strategy) and not is_multi_worker(tf.distribute.get_strategy())
    with pytest.raises(UserError, match=r"from a tf\.data\.Dataset"):
        workers_share(strategy, np.zeros((4, 2)))
    rows = tf.data.Dataset.from_tensor_slices(np.arange(6))
    for batches, got in ((rows.batch(3, drop_remainder=True), "got 3"), (rows.batch(2), "got any")):
        with pytest.raises(UserError, match=f"2 replicas need batches .*{got}"):
            workers_share(strategy, batches)


def test_replica_r_sees_the_rth_part(strategy):
    rows = tf.data.Dataset.from_tensor_slices((np.arange(8), np.arange(8) * 10)).batch(4, drop_remainder=True)
    (first, labels), (second, _) = workers_share(strategy, rows)
    assert [list(part) for part in first.values] == [[0, 1], [2, 3]]
    assert [list(part) for part in labels.values] == [[0, 10], [20, 30]]
    assert [list(part) for part in second.values] == [[4, 5], [6, 7]]


def test_keras_metrics_are_the_whole_batchs(strategy):
    with strategy.scope():
        metric = keras.metrics.Mean()
    strategy.run(tf.function(lambda: metric.update_state(tf.cast(replica_id(), tf.float32))))
    assert float(metric.result()) == 0.5


WORKER = """
import json, os, sys
import keras, numpy as np
import tfgmmgan
from tfgmmgan.training.strategies import make_strategy
strategy = make_strategy("multi_worker")
index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
quick = dict(descriptor="pixels", steps=4, self_training_rounds=0, batch_size=8, width=0.1)
clusterer = tfgmmgan.ImageClusterer(2, random_state=index, **quick)  # each finds other modes
with strategy.scope():
    model = tfgmmgan.ModeGAN((8, 8, 1), 2, 4, clusterer=clusterer, width=0.1, prior=tfgmmgan.SubclassMixture(2, 4, 2))
images = np.random.default_rng(index).integers(0, 256, (24, 8, 8, 1), dtype=np.uint8)
found = model.find_modes(images)
own = [np.array_equal(*both) for both in zip(found.classifier_.get_weights(), model.classifier.get_weights())]
every = [*model.classifier.variables, *model.classifier_subclasses.variables, *model.prior.variables]
np.savez(sys.argv[1], *[variable.numpy() for variable in every], own=all(own))
"""


@pytest.mark.slow
def test_two_workers_have_the_first_one_s_modes(tmp_path):
    with socket.socket() as first, socket.socket() as second:
        ports = []
        for each in (first, second):
            each.bind(("127.0.0.1", 0))
            ports.append(each.getsockname()[1])
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    files = [tmp_path / f"{index}.npz" for index in (0, 1)]
    workers = []
    for index, file in enumerate(files):
        told = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
        workers.append(subprocess.Popen([sys.executable, "-c", WORKER, file], env={**os.environ, "TF_CONFIG": told}))
    assert [worker.wait(300) for worker in workers] == [0, 0]
    ours, theirs = (np.load(file) for file in files)
    assert ours["own"] and not theirs["own"]
    assert len(ours.files) > 10
    for name in set(ours.files) - {"own"}:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
