import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation.networks.autoencoder import train_autoencoder


def test_the_autoencoder_tells_noise_from_examples():
    rng = np.random.default_rng(0)
    basis = rng.standard_normal((2, 64))
    images = np.tanh(rng.standard_normal((300, 2)) @ basis).reshape(300, 8, 8, 1).astype(np.float32)
    split = Split(len(images), None, images)
    data = ImageData("noise", split, split, images.shape[1:])
    autoencoder = train_autoencoder(data, epochs=40)
    assert autoencoder.codes(images).shape == (300, 10)
    errors = autoencoder.run(images)[0][:, -1]
    noise = autoencoder.run(rng.uniform(-1, 1, (50, 8, 8, 1)).astype(np.float32))[0][:, -1]
    assert noise.min() > errors.mean() + 3 * errors.std()
    again = train_autoencoder(data, epochs=40)  # from the cache
    np.testing.assert_array_equal(again.run(images)[0], autoencoder.run(images)[0])
