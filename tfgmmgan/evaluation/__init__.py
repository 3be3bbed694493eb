"""Measuring trained models."""

from tfgmmgan.evaluation.algorithm_2 import algorithm_2
from tfgmmgan.evaluation.clustering import accuracy, cluster_scores, kmeans_clusters, purity
from tfgmmgan.evaluation.conditional import class_agreement, train_judge
from tfgmmgan.evaluation.modes import mode_summary
from tfgmmgan.evaluation.points import mmd, negative_log_likelihood, point_scores
from tfgmmgan.evaluation.report import score_table, summary
from tfgmmgan.evaluation.scorecard import make_scorecard, write_scorecard

__all__ = [
    "accuracy",
    "algorithm_2",
    "class_agreement",
    "cluster_scores",
    "kmeans_clusters",
    "make_scorecard",
    "mmd",
    "mode_summary",
    "negative_log_likelihood",
    "point_scores",
    "purity",
    "score_table",
    "summary",
    "train_judge",
    "write_scorecard",
]
