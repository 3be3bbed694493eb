"""Images to clusters, without labels and without a GAN."""

from tfgmmgan.clustering.descriptors import DESCRIPTORS, HOG, Descriptor, Patches, Pixels, make_descriptor
from tfgmmgan.clustering.image_clusterer import ImageClusterer
from tfgmmgan.clustering.link_clustering import LinkClustering
from tfgmmgan.clustering.progress import Progress

__all__ = [
    "DESCRIPTORS",
    "HOG",
    "Descriptor",
    "ImageClusterer",
    "LinkClustering",
    "Patches",
    "Pixels",
    "Progress",
    "make_descriptor",
]
