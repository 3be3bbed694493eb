"""Pretraining on clusters of images that look alike, with nobody voting."""

from typing import get_args, get_type_hints

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgmmgan.models.pretraining
from tfgmmgan import GMMGAN
from tfgmmgan.consensus import NEIGHBOURS, clusters_by_looks
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation import cluster_scores
from tfgmmgan.likeness import LOOKS, Looks, nearest_rows
from tfgmmgan.models.pretraining import GROUPS
from tfgmmgan.models.pretraining_stage import Stage
from tfgmmgan.training.config import PretrainingOptions
from tfgmmgan.utils.errors import UserError


def make(**kwargs):
    options = {"num_components": 4, "latent_dim": 5, "width": 0.125, "pretraining_steps": 4, "groups_by": "looks"}
    model = GMMGAN((16, 16, 1), **{**options, **kwargs})
    model.compile()
    return model


def stripes(rng, count=240):
    """Stripes in four directions, of any brightness, with noise; and which direction."""
    labels, at = rng.integers(0, 4, count), np.arange(16)
    x, y = at[None, None], at[None, :, None]
    turn = (labels * np.pi / 4)[:, None, None]
    waves = np.sin(1.3 * (np.cos(turn) * x + np.sin(turn) * y) + rng.uniform(0, 6, (count, 1, 1)))
    bright = (waves + 1) / 2 * rng.uniform(0.3, 1, (count, 1, 1)) + 0.02 * rng.normal(size=(count, 16, 16))
    return (255 * np.clip(bright, 0, 1)).astype(np.uint8)[..., None], labels


class Look(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.stages, self.taught = [], []

    def on_train_begin(self, logs=None):
        self.stages.append((self.model.stage, self.model._now.steps))
        if self.model.stage == "agreement":
            self.taught.append(self.model._now.clusters)


@pytest.mark.parametrize(
    ("encoder", "looks"), [("shared", "outlines"), ("separate", "outlines"), ("own", "outlines_and_patches")]
)
def test_all_of_the_classifier_learns_clusters_of_what_looks_alike_and_no_heads_come_first(encoder, looks):
    images, labels = stripes(np.random.default_rng(0))
    model, look = make(encoder=encoder, looks=looks, refinement_rounds=1), Look()
    groups = ("generator", "discriminator", "encoder", "classifier_trunk", "classifier_head")
    before = {group: [v.numpy() for v in model.group_variables(group)] for group in groups}
    history = model.pretrain(images, 8, verbose=0, callbacks=[look]).history
    assert list(history) == ["agreement_loss"] and look.stages == [("agreement", 4), ("refinement", 6)]
    changed = {
        group: any((v.numpy() != old).any() for v, old in zip(model.group_variables(group), before[group], strict=True))
        for group in groups
    }
    assert changed == {
        **dict.fromkeys(("generator", "discriminator"), False),
        **{"encoder": encoder == "shared", "classifier_trunk": True, "classifier_head": True},
    }
    assert cluster_scores(labels, look.taught[0])["acc"] > 0.95
    rows = Looks(images, looks).rows
    expected = clusters_by_looks(rows, nearest_rows(rows, NEIGHBOURS), 4, model.seed)
    np.testing.assert_array_equal(look.taught[0], expected)


def test_images_come_with_their_clusters_and_these_are_what_is_learned():
    images, labels = stripes(np.random.default_rng(3))
    model = make(looks="outlines")
    model._now = Stage("agreement", model._new_heads(0))
    model._now.clusters = labels
    batches = list(model._pairs(images, np.zeros((240, 5), int), 50, 6).as_numpy_iterator())
    for pairs, clusters in batches:
        rows = [(images == image).all(axis=(1, 2, 3)).argmax() for image in pairs[:, 0]]
        np.testing.assert_array_equal(clusters, labels[rows])
    pairs, clusters = (tf.constant(part) for part in batches[0])
    forward = model.pretraining_pass(to_float(pairs), tf.constant([1, 2]), clusters)
    said = tf.nn.log_softmax(forward.changed_class_logits).numpy()
    assert float(model.agreement_loss(forward)) == pytest.approx(-said[np.arange(50), clusters].mean(), rel=1e-5)


def test_the_classifier_ends_with_the_clusters():
    images, labels = stripes(np.random.default_rng(1))
    keras.utils.set_random_seed(0)
    upright = {"shift": 0.05, "rotation": 0.05, "shear": 0.0, "scale": 0.05}  # turned by more, a stripe is another's
    model = make(looks="outlines", refinement_rounds=0, pretraining_steps=600, width=0.25, augmentation=upright)
    model.pretrain(images, 32, verbose=0)
    assert cluster_scores(labels, model.responsibilities(images).argmax(axis=1))["acc"] > 0.95


def test_looks_decide_what_neighbours_are():
    images, labels = stripes(np.random.default_rng(2))
    near = {}
    for looks in ("pixels", "outlines"):
        model, seen = make(looks=looks), []
        model._pairs = lambda examples, neighbours, *rest, pairs=model._pairs, seen=seen: (
            seen.append(neighbours), pairs(examples, neighbours, *rest)
        )[1]  # fmt: skip
        model.pretrain(images, 8, verbose=0)
        near[looks] = (labels[seen[0]] == labels[:, None]).mean()
    assert near["outlines"] > max(0.95, near["pixels"])


def test_unknown_names_are_told():
    with pytest.raises(UserError, match=r"looks 'outline'.*outlines"):
        make(looks="outline")
    with pytest.raises(UserError, match=r"groups_by 'vote'.*votes"):
        make(groups_by="vote")
    with pytest.raises(UserError, match="groupings must be at least 1; got 0"):
        make(groupings=0)


def test_groups_are_made_as_often_as_asked(monkeypatch):
    images, asked = stripes(np.random.default_rng(4))[0], []
    monkeypatch.setattr(
        tfgmmgan.models.pretraining, "clusters_by_looks", lambda *args: asked.append(args) or clusters_by_looks(*args)
    )
    make(looks="outlines", groupings=3, refinement_rounds=0).pretrain(images, 8, verbose=0)
    assert asked[0][3:] == (0, 0.0, 3)  # seed, price, groupings


def test_the_options_are_saved(tmp_path):
    model = make(looks="outlines", groupings=3)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert (again.looks, again.groups_by, again.groupings) == ("outlines", "looks", 3)


def test_command_line_and_model_know_the_same_looks():
    fields = get_type_hints(PretrainingOptions)
    assert get_args(fields["looks"]) == tuple(LOOKS)
    assert get_args(fields["groups_by"]) == GROUPS
