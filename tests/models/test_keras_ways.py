"""What people do with a Keras model: it works, or one sentence says what to do instead (docs/guides/keras.md)."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgmmgan
from tfgmmgan import ACGAN, GAN, Note, UserError


def small(system=GAN, compile_with=None, **options):
    model = system((8, 8, 1), width=0.1, **options)
    model.compile(**(compile_with or {}))
    return model


def batched(*columns, size=8):
    return tf.data.Dataset.from_tensor_slices(columns if len(columns) > 1 else columns[0]).batch(size)


def batches_of_fit(model, data):
    """How many batches an epoch had; at an end that comes as a surprise Keras counts a step that was none."""
    seen = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    model.fit(data, verbose=0, callbacks=[count])
    return len(seen)


# -- what fit is given -------------------------------------------------------------------------------------


def test_dictionaries_as_tfds_gives_them(images):
    rows = {"image": images, "label": np.arange(24) % 3}
    for system, options in ((GAN, {}), (ACGAN, {"num_classes": 3})):
        keras.utils.set_random_seed(0)
        found = small(system, **options).fit(batched(rows), verbose=0, shuffle=False).history
        keras.utils.set_random_seed(0)
        expected = small(system, **options).fit(batched(images, rows["label"]), verbose=0, shuffle=False).history
        assert found == expected
    with pytest.raises(UserError, match="expected the key 'image'; got picture"):
        small().fit(batched({"picture": images}), verbose=0)


def test_batches_without_a_known_shape(images, tiny_modegan):
    def batches():
        yield from (images[start : start + 8] for start in range(0, 24, 8))

    unknown = tf.data.Dataset.from_generator(batches, output_types=tf.uint8)
    vague = tf.data.Dataset.from_generator(batches, output_signature=tf.TensorSpec([None] * 4, tf.uint8))
    for dataset in (unknown, vague):
        for model in (small(), tiny_modegan()):
            assert batches_of_fit(model, dataset) == 3


def test_generators_and_sequences_are_looked_at_and_lose_nothing(images):
    class Sequence(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return self.rows[8 * index : 8 * index + 8]

    def sequence(rows):
        made = Sequence()
        made.rows = rows
        return made

    def generator(rows):
        return (rows[start : start + 8] for start in range(0, 24, 8))

    for make in (sequence, generator):
        assert batches_of_fit(small(), make(images)) == 3
        with pytest.raises(UserError, match=r"first batch: float images must lie in \[-1, 1\]"):
            small().fit(make(images.astype("f4")), verbose=0)


@pytest.mark.parametrize("system", ["gan", "modegan"])
@pytest.mark.parametrize(
    ("give", "says"),
    [
        (lambda images: batched(images.astype("f4")), r"float images must lie in \[-1, 1\].*images.astype\('uint8'\)"),
        (lambda images: batched(images / 255), r"float images must lie in \[-1, 1\]"),
        (lambda images: batched((images > 99).astype("u1")), r"0 and 1 alone. Give images \* 255"),
        (lambda images: batched(images.astype("f4") * np.nan), "values are NaN"),
        (
            lambda images: batched(np.zeros((24, 16, 16, 1), "u1")),
            r"expected shape \(B, 8, 8, 1\); got \(8, 16, 16, 1\)",
        ),
        (lambda images: tf.data.Dataset.from_tensor_slices(images), r"got one example of shape .*\.batch\(64\)"),
        (lambda images: batched(images).take(0), "the dataset has none"),
        (lambda images: batched(images).repeat(), "has no end; .*steps_per_epoch"),
        (lambda images: images[:0], "got an array without any"),
        (lambda images: list(images), r"got list. numpy.stack\(x\)"),
        (lambda images: None, "got NoneType"),
    ],
)
def test_what_can_t_be_learned_from_is_refused_before_anything_is_trained(images, tiny_modegan, system, give, says):
    model = small() if system == "gan" else tiny_modegan()
    before = model.get_weights()
    with pytest.raises(UserError, match=says):
        model.fit(give(images), verbose=0)
    np.testing.assert_equal(model.get_weights(), before)


def test_labels_of_the_first_batch_are_looked_at(images):
    with pytest.raises(UserError, match=r"class ids must be in \[0, 3\); got -1 to 2"):
        small(ACGAN, num_classes=3).fit(batched(images, np.arange(24) % 4 - 1), verbose=0)


def test_images_that_keras_reads_from_a_folder(images, tmp_path):
    for number, image in enumerate(images):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        keras.utils.save_img(tmp_path / "ab"[number % 2] / f"{number}.png", image, scale=False)
    read = keras.utils.image_dataset_from_directory(tmp_path, image_size=(8, 8), color_mode="grayscale", verbose=False)
    with pytest.raises(UserError, match=r"images.astype\('uint8'\)"):
        small().fit(read, verbose=0)
    small().fit(read.map(lambda images, labels: tf.cast(images, tf.uint8)), verbose=0)


# -- compile, and callbacks --------------------------------------------------------------------------------


def test_averaged_weights_are_refused():
    for name in ("optimizer", "discriminator_optimizer"):
        with pytest.raises(UserError, match="use_ema"):
            small(compile_with={name: keras.optimizers.Adam(use_ema=True)})


def test_both_learning_rates_follow_callbacks(images):
    def rates(model):
        return [float(owner.learning_rate) for owner in (model.optimizer, model.discriminator_optimizer)]

    optimizers = {"optimizer": keras.optimizers.Adam(0.1), "discriminator_optimizer": keras.optimizers.Adam(0.4)}
    tenth = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.1)
    model = small(compile_with=optimizers)
    model.fit(images, epochs=2, verbose=0, callbacks=[tenth])
    np.testing.assert_allclose(rates(model), [0.001, 0.004], rtol=1e-5)

    optimizers = {"optimizer": keras.optimizers.Adam(0.1), "discriminator_optimizer": keras.optimizers.Adam(0.4)}
    plateau = keras.callbacks.ReduceLROnPlateau("generator_loss", mode="min", factor=0.5, patience=1, min_delta=1e9)
    model = small(compile_with=optimizers)
    model.fit(images, epochs=3, verbose=0, callbacks=[plateau])
    np.testing.assert_allclose(rates(model), [0.025, 0.1], rtol=1e-5)

    def halve_both(epoch, logs):
        for owner in (model.optimizer, model.discriminator_optimizer):
            owner.learning_rate = float(owner.learning_rate) / 2

    model.fit(images, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=halve_both)])
    np.testing.assert_allclose(rates(model), [0.0125, 0.05], rtol=1e-5)


def test_a_schedule_of_the_discriminator_is_left_alone(images):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 1, 0.5)
    model = small(compile_with={"discriminator_optimizer": keras.optimizers.Adam(schedule)})
    tenth = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.1)
    model.fit(images, batch_size=8, verbose=0, callbacks=[tenth])
    np.testing.assert_allclose(float(model.discriminator_optimizer.learning_rate), 0.01 / 8, rtol=1e-5)


@pytest.fixture
def eagerly():
    """Without graphs, whose tracing would take longer than the steps of a test of callbacks."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_backup_and_restore_finds_the_modes_once(images, tiny_modegan, tmp_path, eagerly):
    class Killed(Exception):
        pass

    def die(epoch, logs):
        if epoch == 1:
            raise Killed

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)

    keras.utils.set_random_seed(0)
    whole = tiny_modegan()
    whole.fit(images, batch_size=8, epochs=3, verbose=0, shuffle=False)
    keras.utils.set_random_seed(0)
    model = tiny_modegan()
    with pytest.raises(Killed):
        dies = keras.callbacks.LambdaCallback(on_epoch_begin=die)
        model.fit(images, batch_size=8, epochs=3, verbose=0, shuffle=False, callbacks=[backup(), dies])
    again = tiny_modegan()
    again.before_training = None  # would fail if it were called
    again.fit(images, batch_size=8, epochs=3, verbose=0, shuffle=False, callbacks=[backup()])
    for one, other in zip(again.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)


def test_modes_are_found_under_a_list_of_callbacks_that_keras_made(images, tiny_modegan):
    model = tiny_modegan()
    model.fit(images, verbose=0, callbacks=keras.callbacks.CallbackList([], add_history=True, model=model))
    assert int(model.modes_found.numpy()) == 1


def test_keras_own_callbacks(images, tmp_path):
    model = small()
    model.fit(
        images,
        batch_size=8,
        epochs=9,
        verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="generator_loss", mode="min"),
            keras.callbacks.EarlyStopping("generator_loss", mode="min", patience=1, min_delta=1e9),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
            keras.callbacks.TerminateOnNaN(),
        ],
    )
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3  # a header, and two epochs of nine
    loaded = keras.models.load_model(tmp_path / "best.keras")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), model.generate(2, seed=0))


@pytest.mark.parametrize("compile_with", [{"steps_per_execution": 3}, {"run_eagerly": True}])
def test_ways_of_running_a_step_change_nothing(images, compile_with):
    losses = []
    for options in ({}, compile_with):
        keras.utils.set_random_seed(0)
        model = small(compile_with=options)
        losses.append(model.fit(images, batch_size=8, verbose=0, shuffle=False).history["generator_loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


# -- beside fit --------------------------------------------------------------------------------------------


def test_train_on_batch(images, tiny_modegan):
    model = tiny_modegan()
    with pytest.warns(Note, match=r"has not found its modes yet.*find_modes"):
        model.train_on_batch(images[:8])
    model.find_modes(images)
    losses = model.train_on_batch(images[:8], return_dict=True)
    assert int(model.optimizer.iterations.numpy()) == 2 and np.isfinite(losses["generator_loss"])


def test_predict_says_what_call_says(images, tiny_modegan):
    for model, shape in ((tiny_modegan(), (24, 4)), (small(), (24, 1))):
        found = model.predict(images, verbose=0)
        assert found.shape == shape
        np.testing.assert_allclose(found, model(images), atol=1e-5)


def test_evaluate_and_export_name_what_works(images, tmp_path):
    model = small()
    with pytest.raises(UserError, match=r"make_scorecard\(model, data\)"):
        model.evaluate(images)
    with pytest.raises(UserError, match=r"tfgmmgan.export\(model, folder\)"):
        model.export(tmp_path / "served")
    folder = tmp_path / "served"
    assert tfgmmgan.export(model, folder) == folder / "1"
    data = tfgmmgan.load_data("digits")
    options = tfgmmgan.evaluation.EvaluationOptions(samples=20, trade_off_samples=0)
    card = tfgmmgan.evaluation.make_scorecard(model, data, options=options)
    assert card["run"] == {} and card["schema_version"]


def test_a_missing_folder_to_save_in(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"no folder .*nowhere to save a.keras in"):
        small().save(tmp_path / "nowhere" / "a.keras")
    monkeypatch.chdir(tmp_path)
    small().save("a.keras")
    assert (tmp_path / "a.keras").is_file()


def test_an_endless_generator_with_steps(images):
    model = small()
    model.fit((images[:8] for _ in itertools.count()), steps_per_epoch=2, epochs=2, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 4
