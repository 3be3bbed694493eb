"""Pretraining: heads that vote, what they agree on, and the classifier that learns it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import linear_sum_assignment

from tfgmmgan import GMMGAN
from tfgmmgan.consensus import consensus
from tfgmmgan.data.scaling import to_float
from tfgmmgan.likeness import Looks, nearest_rows
from tfgmmgan.models.pretraining_stage import OTHER_ENCODING, Stage
from tfgmmgan.networks import Discriminator, SharedClassifier
from tfgmmgan.networks.cluster_heads import ClusterHeads
from tfgmmgan.utils.errors import UserError


@pytest.fixture
def make():
    def make(**kwargs):
        model = GMMGAN(
            (8, 8, 1), **{"num_components": 4, "latent_dim": 5, "width": 0.125, "pretraining_steps": 4, **kwargs}
        )
        model.compile()
        return model

    return make


def arrays(model):
    return [weight.copy() for weight in model.get_weights()]


def accuracy(labels, clusters):
    table = np.zeros((4, 4))
    np.add.at(table, (labels, clusters), 1)
    return table[linear_sum_assignment(-table)].sum() / len(labels)


@pytest.mark.parametrize("encoder", ["shared", "separate", "own"])
def test_fit_begins_with_it_once_and_it_trains_the_classifier_alone(make, images, encoder):
    model = make(encoder=encoder)
    assert model.wants_pretraining
    groups = ("generator", "prior", "discriminator", "encoder", "classifier_trunk", "classifier_head")
    before = {group: [v.numpy() for v in model.group_variables(group)] for group in groups}
    history = model.pretrain(images, 8, verbose=0).history
    assert list(history) == ["heads_loss"]
    changed = {
        group: any((v.numpy() != old).any() for v, old in zip(model.group_variables(group), before[group], strict=True))
        for group in groups
    }
    assert changed == {
        **dict.fromkeys(("generator", "prior", "discriminator"), False),
        **{"encoder": encoder == "shared", "classifier_trunk": True, "classifier_head": True},
    }
    assert not model.wants_pretraining and model.stage == "adversarial"
    assert int(model.optimizer.iterations) == int(model.discriminator_optimizer.iterations) == 0

    history = model.fit(images, batch_size=8, epochs=2, verbose=0).history
    assert list(history) == ["discriminator_loss", "diversity_loss", "generator_loss"]
    assert int(model.optimizer.iterations) == 6


def test_heads_are_neither_counted_nor_saved(make, images, tmp_path):
    model = make()
    before = model.count_params()
    model.fit(images, batch_size=8, verbose=0)
    assert model.count_params() == before
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert not loaded.wants_pretraining and loaded.pretraining_steps == 4
    np.testing.assert_array_equal(loaded.responsibilities(images), model.responsibilities(images))
    twin = make()
    model.save_weights(tmp_path / "some.weights.h5")
    twin.load_weights(tmp_path / "some.weights.h5")
    assert not twin.wants_pretraining


def test_it_is_a_function_of_the_seed(make, images):
    runs = []
    for seed in (3, 3, 4):
        keras.utils.set_random_seed(7)
        model = make(seed=seed, num_heads=3)
        model.fit(images, batch_size=8, verbose=0, shuffle=False)
        runs.append(np.concatenate([np.ravel(weight) for weight in arrays(model)]))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_the_heads_loss_is_the_mean_negative_mutual_information(make, images):
    model = make(num_heads=3)
    heads = ClusterHeads(3, 4)
    heads.build((None, 512))
    model._now = Stage("heads", heads)
    forward = model.pretraining_pass(to_float(tf.constant(np.stack([images, images[::-1]], 1))), tf.constant([1, 2]))
    first, second = heads(forward.real_class_features).numpy(), heads(forward.neighbour_class_features).numpy()
    expected = 0.0
    for head in range(3):
        joint = np.mean([np.outer(p, q) for p, q in zip(first[:, head], second[:, head], strict=True)], axis=0)
        joint = (joint + joint.T) / 2
        expected -= (joint * np.log(joint / np.outer(joint.sum(1), joint.sum(0)))).sum() / 3
    assert float(model.heads_loss(forward)) == pytest.approx(expected, rel=1e-4)


def test_the_price_of_entropy_grows_while_heads_learn_and_is_whole_for_the_classifier(make, images):
    model, plain = make(entropy_price=0.6), make()
    pairs = to_float(tf.constant(np.stack([images, images[::-1]], axis=1)))
    for each in (model, plain):
        each._now = Stage("heads", ClusterHeads(each.num_heads, 4, seed=1))
        each._now.heads.build((None, 512))
        each._now.steps = 12
    forward = model.pretraining_pass(pairs, tf.constant([1, 2]))
    joints = []
    for first, second in zip(
        *(
            tf.unstack(model._now.heads(features), axis=1)
            for features in (forward.real_class_features, forward.neighbour_class_features)
        ),
        strict=True,
    ):
        joints.append(np.mean([np.outer(p, q) for p, q in zip(first.numpy(), second.numpy(), strict=True)], axis=0))
    shares = [(joint.sum(axis=0) + joint.sum(axis=1)) / 2 for joint in joints]
    entropy = np.mean([-(share * np.log(share)).sum() for share in shares])
    without = float(plain.heads_loss(forward))
    for step, price in ((0, 0.0), (4, 0.0), (7, 0.21), (10, 0.42), (12, 0.42)):
        model._now.optimizer = keras.optimizers.Adam()
        model._now.optimizer.iterations.assign(step)
        assert float(model.heads_loss(forward)) == pytest.approx(without + price * entropy, rel=1e-4)
    own = tf.reduce_mean(forward.responsibilities + tf.nn.softmax(forward.neighbour_class_logits), axis=0).numpy() / 2
    expected = float(plain.neighbours_loss(forward)) - 0.6 * (own * np.log(own)).sum()
    assert float(model.neighbours_loss(forward)) == pytest.approx(expected, rel=1e-4)


def test_with_a_price_heads_have_two_outputs_for_each_mode(make, images):
    assert make()._new_heads(0).num_components == 4
    model = make(entropy_price=0.6)
    assert model._new_heads(0).num_components == 8
    seen = []
    model.fit(images, batch_size=8, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_train_end=seen.append)])
    assert model.responsibilities(images).shape == (24, 4) and len(seen) == 1 and int(model.pretrained) == 1


def test_a_stage_knows_its_steps(make, images, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "tfgmmgan.models.pretraining.keras.Model.fit", lambda model, *_, **__: seen.append(model._now.steps)
    )
    model = make()
    model._now = Stage("heads", model._new_heads(0))
    model._train_stage(tf.data.Dataset.from_tensors(images), 9, 0, None)
    assert seen == [9]


@pytest.mark.parametrize("encoder", ["shared", "separate", "own"])
def test_the_heads_of_all_encodings_vote_and_the_last_encoding_is_the_classifiers(make, images, encoder, monkeypatch):
    said = []

    def spy(votes, *arguments):
        said.append((votes, model.class_features(to_float(tf.constant(images))).numpy(), model._now.heads))
        return consensus(votes, *arguments)

    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            stages.append((model.stage, model._now.number, model._now.heads.get_weights()[0], arrays(model.classifier)))

        def on_train_end(self, logs=None):
            if model.stage == "agreement":
                voted = [other(to_float(tf.constant(images))) for other in model._now.others]
                np.testing.assert_allclose(
                    np.concatenate(voted, axis=1).reshape(24, -1), said[-1][0][:, :24], atol=1e-6
                )

    monkeypatch.setattr("tfgmmgan.models.pretraining.consensus", spy)
    for encodings in (1, 3):
        keras.utils.set_random_seed(7)
        model, stages = make(encoder=encoder, num_heads=3, num_encodings=encodings, refinement_rounds=0), []
        if encodings == 3:
            model.pretrain(images, 8, verbose=0, callbacks=[Look()])
        else:
            model.pretrain(images, 8, verbose=0)
    assert [(stage, number) for stage, number, *_ in stages] == [
        ("heads", 2000), ("heads", 1000), ("heads", 0), ("agreement", 0)
    ]  # fmt: skip
    for _, _, _, weights in stages[1:3]:
        for weight, first in zip(weights, stages[0][3], strict=True):
            np.testing.assert_array_equal(weight, first)  # each begins where the first did
    assert (stages[0][2] != stages[1][2]).any() and (stages[1][2] != stages[2][2]).any()
    (alone, features, _), (all_votes, _, heads) = said
    assert all_votes.shape == (24, 3 * 3 * 4)
    np.testing.assert_array_equal(all_votes[:, -12:], alone)  # C's own are what they are without the others
    np.testing.assert_allclose(heads(features).numpy().reshape(24, -1), alone, atol=1e-6)
    assert len({all_votes[:, start : start + 12].tobytes() for start in (0, 12, 24)}) == 3


@pytest.mark.parametrize("encoder", ["shared", "separate", "own"])
def test_the_refinement_holds_to_what_the_classifier_said_before_it(make, images, encoder):
    model = make(encoder=encoder)
    said, taught = [], []

    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            if model.stage == "refinement":
                said.append(model.responsibilities(images))

        def on_train_end(self, logs=None):
            if model.stage == "refinement":
                taught.append(model._now.taught(to_float(tf.constant(images))).numpy())

    model.pretrain(images, 8, verbose=0, callbacks=[Look()])
    said.append(model.responsibilities(images))
    assert len(taught) == 2  # rounds
    for number in range(2):
        np.testing.assert_array_equal(taught[number], said[number].argmax(axis=1))
        assert not np.allclose(said[number + 1], said[number], atol=1e-4)


def test_no_two_stages_draw_the_same(make, images):
    model = make()
    drawn, seeds = [], []
    neighbours = nearest_rows(Looks(images).rows, 5)
    heads = (Stage("heads", None, number * OTHER_ENCODING) for number in range(3))
    for stage in (*heads, Stage("agreement", None), *(Stage("refinement", None, n) for n in range(2))):
        model._now = stage
        stage.optimizer = model.optimizer
        drawn.append(np.concatenate(list(model._pairs(images, neighbours, 8, 3).as_numpy_iterator()))[:, 0].tobytes())
        seeds.append(tuple(model.step_seed().numpy()))
    assert len(set(drawn)) == len(set(seeds)) == 6


@pytest.mark.parametrize(("stage", "unpaired"), [("heads", 0.5), ("agreement", 1.0), ("refinement", 0.0)])
def test_pairs_are_an_image_and_itself_or_one_that_looks_like_it(make, images, stage, unpaired):
    model = make(seed=3)
    model._now = Stage(stage, model._new_heads(0))
    neighbours = nearest_rows(Looks(images).rows, 5)
    first, again = (np.concatenate(list(model._pairs(images, neighbours, 5, 40).as_numpy_iterator())) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (200, 2, 8, 8, 1) and first.dtype == images.dtype
    rows = [[(images == image).all(axis=(1, 2, 3)).argmax() for image in pair] for pair in first]
    assert all(other == one or other in neighbours[one] for one, other in rows)
    assert np.mean([other == one for one, other in rows]) == pytest.approx(unpaired, abs=0.1)
    assert sorted(one for one, _ in rows[:24]) == list(range(24))  # a pass, then the next
    assert len({other for _, other in rows}) > 10


def test_the_neighbours_loss_is_the_negative_mutual_information_with_neighbours(make, images):
    model = make()
    pairs = to_float(tf.constant(np.stack([images, images[::-1]], axis=1)))
    forward = model.pretraining_pass(pairs, tf.constant([1, 2]))
    np.testing.assert_array_equal(forward.real, pairs[:, 0])
    np.testing.assert_array_equal(forward.neighbours, pairs[:, 1])
    first = tf.nn.softmax(forward.real_class_logits).numpy()
    second = tf.nn.softmax(forward.neighbour_class_logits).numpy()
    joint = np.mean([np.outer(p, q) for p, q in zip(first, second, strict=True)], axis=0)
    joint = (joint + joint.T) / 2
    expected = -(joint * np.log(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()
    assert float(model.neighbours_loss(forward)) == pytest.approx(expected, rel=1e-4)
    assert (forward.neighbour_class_logits.numpy() != model.class_logits(pairs[:, 1], training=True).numpy()).any()


def test_how_many_examples_are_of_use(make):
    assert make().examples_wanted == 60_000
    for shape, count in (((64, 64, 3), 43_690), ((256, 256, 3), 10_000)):
        assert GMMGAN(shape, width=0.05).examples_wanted == count


def test_a_dataset_gives_what_an_array_gives(make, images, monkeypatch):
    given = []
    monkeypatch.setattr(GMMGAN, "pretrain", lambda self, examples, size, verbose: given.append((examples, size)))
    monkeypatch.setattr(GMMGAN, "examples_wanted", 20)
    make().fit(images, batch_size=8, verbose=0)
    make().fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0)
    make().fit(
        tf.data.Dataset.from_tensor_slices((images, np.zeros(24))).batch(8).repeat(), steps_per_epoch=1, verbose=0
    )
    assert [size for _, size in given] == [8, 8, 8]
    np.testing.assert_array_equal(given[0][0], images)
    for examples, _ in given[1:]:
        np.testing.assert_array_equal(examples, images[:20])


def test_no_more_examples_are_compared_than_wanted(make, images, monkeypatch):
    compared = []

    def spy(examples, by):
        compared.append(examples)
        return Looks(examples, by)

    monkeypatch.setattr("tfgmmgan.models.pretraining.Looks", spy)
    monkeypatch.setattr("tfgmmgan.models.pretraining.MOST_EXAMPLES", 20)
    monkeypatch.setattr("tfgmmgan.models.pretraining.VOTERS", 16)
    make().fit(images, batch_size=8, verbose=0)
    (examples,) = compared
    assert len(examples) == 20 and len(np.unique(examples.reshape(20, -1), axis=0)) == 20
    assert all((images == example).all(axis=(1, 2, 3)).any() for example in examples)


def test_it_finds_the_four_kinds_of_image(make, monkeypatch):
    monkeypatch.setattr("tfgmmgan.models.pretraining.AGREEMENT_STEPS", 100)
    rng = np.random.default_rng(1)
    labels = np.arange(400) % 4
    images = rng.integers(0, 60, (400, 8, 8, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        rows, columns = divmod(label, 2)
        image[4 * rows : 4 * rows + 4, 4 * columns : 4 * columns + 4] += 180
    model = make(pretraining_steps=150, augmentation={"rotation": 0.1, "shear": 0.0, "scale": 0.05}, width=0.25)
    model.pretrain(images, 50, verbose=0)
    assert accuracy(labels, model.responsibilities(images).argmax(axis=1)) >= 0.95


def test_what_it_can_not_do_is_said(make, images):
    with pytest.raises(UserError, match="pretraining_steps changes images"):
        GMMGAN((2,), num_components=4, pretraining_steps=3)
    with pytest.raises(UserError, match="has no `trunk`"):
        make(classifier=keras.Sequential([keras.layers.Dense(4)]))
    make(classifier=keras.Sequential([keras.layers.Dense(4)]), pretraining_steps=0)
    with pytest.raises(UserError, match="got generator"):
        make().fit((batch for batch in [images]), verbose=0)
    with pytest.raises(UserError, match=r"pretrain\(examples\): expected examples of shape"):
        make().pretrain(images[:, :4], 8, verbose=0)
    with pytest.raises(UserError, match="num_heads must be at least 1"):
        make(num_heads=0)
    with pytest.raises(UserError, match="num_encodings must be at least 1"):
        make(num_encodings=0)
    with pytest.raises(UserError, match=r"entropy_price must be in \[0, 1\)"):
        make(entropy_price=1.0)


def test_a_given_discriminator_says_how_the_classifier_encodes():
    layers = keras.layers
    encoder = keras.Sequential([keras.Input((7, 7, 1)), layers.Flatten(), layers.Dense(6, "relu")])  # no dcgan's size
    generator = keras.Sequential([keras.Input((5,)), layers.Dense(49, "tanh"), layers.Reshape((7, 7, 1))])
    discriminator = Discriminator(encoder, 3)
    model = GMMGAN((7, 7, 1), 3, 5, generator=generator, discriminator=discriminator, classifier_units=4)
    own = model.classifier.encoder
    assert own is not encoder and [v.shape for v in own.weights] == [v.shape for v in encoder.weights]
    assert not np.array_equal(own.weights[0], encoder.weights[0])
    assert model.responsibilities(np.zeros((2, 7, 7, 1), np.uint8)).shape == (2, 3)
    assert GMMGAN.from_config(model.get_config()).classifier.encoder.count_params() == 49 * 6 + 6


def test_the_shared_classifier_has_the_hidden_layer_it_is_asked_for():
    features = tf.random.normal([6, 20])
    for units, parameters in ((0, 20 * 3 + 3), (7, 20 * 7 + 4 * 7 + 7 * 3 + 3)):
        classifier = SharedClassifier(3, units)
        classifier.build((None, 20))
        assert classifier.count_params() == parameters
        assert classifier.trunk(features).shape == (6, units or 20)
        np.testing.assert_allclose(classifier(features), classifier.head(classifier.trunk(features)))
