"""What a reader calls the ways to cluster and to draw."""

__all__ = ["METHODS", "SAMPLERS"]

METHODS = {
    "classifier": "The classifier C",
    "algorithm_2": "Algorithm 2, on G's samples",
    "mixture": "The mixture of encodings",
    "label_mixture": "The same, K = classes",
    "kmeans": "k-means on pixels",
    "autoencoder_kmeans": "Autoencoder + k-means",
}
SAMPLERS = {
    "prior": "the prior",
    "fitted_mixture": "the fitted mixture",
    "normal": "the normal prior",
    "normal_truncated": "the same, truncated",
    "encodings": "encodings of real ones",
    "floor": "real test examples",
}
