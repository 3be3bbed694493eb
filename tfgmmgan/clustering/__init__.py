"""Images to clusters, without labels and without a GAN."""

from tfgmmgan.clustering.choice import check_descriptor
from tfgmmgan.clustering.descriptors import DESCRIPTORS, HOG, Descriptor, Network, Patches, Pixels, make_descriptor
from tfgmmgan.clustering.image_clusterer import ImageClusterer
from tfgmmgan.clustering.link_clustering import LinkClustering
from tfgmmgan.clustering.progress import Progress

__all__ = [
    "DESCRIPTORS",
    "HOG",
    "Descriptor",
    "ImageClusterer",
    "LinkClustering",
    "Network",
    "Patches",
    "Pixels",
    "Progress",
    "check_descriptor",
    "make_descriptor",
]
