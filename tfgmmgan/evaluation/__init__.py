"""Measuring trained models."""

from tfgmmgan.evaluation.aggregate import aggregate, same_but_seed
from tfgmmgan.evaluation.metrics.calibration import calibration
from tfgmmgan.evaluation.metrics.clustering import accuracy, cluster_scores, purity
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.image_quality import compare_features
from tfgmmgan.evaluation.metrics.modes import mode_summary
from tfgmmgan.evaluation.metrics.neighbours import coverage, density, precision_recall
from tfgmmgan.evaluation.metrics.points import mmd, negative_log_likelihood, point_scores
from tfgmmgan.evaluation.metrics.quality_diversity import (
    inter_class_diversity,
    intra_class_diversity,
    quality,
    quality_diversity,
)
from tfgmmgan.evaluation.metrics.tfgan import classifier_score, frechet_distance, kernel_distance
from tfgmmgan.evaluation.networks.algorithm_2 import algorithm_2, train_on_generated
from tfgmmgan.evaluation.networks.autoencoder import Autoencoder, train_autoencoder
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork, collect, real_features
from tfgmmgan.evaluation.networks.inception import load_inception
from tfgmmgan.evaluation.networks.judge import Judge, train_judge
from tfgmmgan.evaluation.networks.kmeans import kmeans_clusters
from tfgmmgan.evaluation.options import EvaluationOptions
from tfgmmgan.evaluation.scorecard import make_scorecard, write_scorecard
from tfgmmgan.evaluation.sections import SECTIONS, Section
from tfgmmgan.evaluation.sections.trade_off import trade_off
from tfgmmgan.evaluation.terminal import aggregate_table, describe, summary

__all__ = [
    "SECTIONS",
    "Autoencoder",
    "EvaluationOptions",
    "FeatureNetwork",
    "Features",
    "Judge",
    "Section",
    "accuracy",
    "aggregate",
    "aggregate_table",
    "algorithm_2",
    "calibration",
    "classifier_score",
    "cluster_scores",
    "collect",
    "compare_features",
    "coverage",
    "density",
    "describe",
    "frechet_distance",
    "inter_class_diversity",
    "intra_class_diversity",
    "kernel_distance",
    "kmeans_clusters",
    "load_inception",
    "make_scorecard",
    "mmd",
    "mode_summary",
    "negative_log_likelihood",
    "point_scores",
    "precision_recall",
    "purity",
    "quality",
    "quality_diversity",
    "real_features",
    "same_but_seed",
    "summary",
    "trade_off",
    "train_autoencoder",
    "train_judge",
    "train_on_generated",
    "write_scorecard",
]
