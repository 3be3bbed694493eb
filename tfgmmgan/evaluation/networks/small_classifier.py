"""The one classifier that evaluation trains."""

import keras
from keras import layers

__all__ = ["small_classifier"]


def small_classifier(data_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Return a fresh classifier from examples in [-1, 1] to logits, compiled with Adam(1e-3).

    For images two convolutions of 32 and 64 channels with pooling, dropout of 0.5 and a layer of 128; for points two
    layers of 128.
    """
    if len(data_shape) == 1:
        hidden = [layers.Dense(128, "relu"), layers.Dense(128, "relu")]
    else:
        hidden = [
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(128, "relu"),
        ]
    model = keras.Sequential([keras.Input(data_shape), *hidden, layers.Dense(num_classes, dtype="float32")])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
