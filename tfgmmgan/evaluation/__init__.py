"""Measuring trained models."""

from tfgmmgan.evaluation.aggregate import aggregate, same_but_seed
from tfgmmgan.evaluation.algorithm_2 import algorithm_2, train_on_generated
from tfgmmgan.evaluation.autoencoder import Autoencoder, train_autoencoder
from tfgmmgan.evaluation.calibration import calibration
from tfgmmgan.evaluation.clustering import accuracy, cluster_scores, kmeans_clusters, purity
from tfgmmgan.evaluation.conditional import class_agreement
from tfgmmgan.evaluation.features import FeatureNetwork, Features, collect, real_features
from tfgmmgan.evaluation.image_quality import compare_features
from tfgmmgan.evaluation.inception import load_inception
from tfgmmgan.evaluation.judge import Judge, train_judge
from tfgmmgan.evaluation.mode_health import mode_health
from tfgmmgan.evaluation.modes import mode_summary
from tfgmmgan.evaluation.neighbours import coverage, density, precision_recall
from tfgmmgan.evaluation.options import EvaluationOptions
from tfgmmgan.evaluation.points import mmd, negative_log_likelihood, point_scores
from tfgmmgan.evaluation.quality_diversity import inter_class_diversity, intra_class_diversity, quality
from tfgmmgan.evaluation.scorecard import make_scorecard, write_scorecard
from tfgmmgan.evaluation.tables import aggregate_table, quality_table, score_table, summary
from tfgmmgan.evaluation.tfgan import classifier_score, frechet_distance, kernel_distance
from tfgmmgan.evaluation.trade_off import quality_diversity, trade_off

__all__ = [
    "Autoencoder",
    "EvaluationOptions",
    "FeatureNetwork",
    "Features",
    "Judge",
    "accuracy",
    "aggregate",
    "aggregate_table",
    "algorithm_2",
    "calibration",
    "class_agreement",
    "classifier_score",
    "cluster_scores",
    "collect",
    "compare_features",
    "coverage",
    "density",
    "frechet_distance",
    "inter_class_diversity",
    "intra_class_diversity",
    "kernel_distance",
    "kmeans_clusters",
    "load_inception",
    "make_scorecard",
    "mmd",
    "mode_health",
    "mode_summary",
    "negative_log_likelihood",
    "point_scores",
    "precision_recall",
    "purity",
    "quality",
    "quality_diversity",
    "quality_table",
    "real_features",
    "same_but_seed",
    "score_table",
    "summary",
    "trade_off",
    "train_autoencoder",
    "train_judge",
    "train_on_generated",
    "write_scorecard",
]
