"""Measuring trained models."""

from tfgmmgan.evaluation.aggregate import aggregate, same_but_seed
from tfgmmgan.evaluation.metrics.clustering import accuracy, calibration, cluster_scores
from tfgmmgan.evaluation.metrics.image_quality import compare_features
from tfgmmgan.evaluation.metrics.points import negative_log_likelihood, point_scores
from tfgmmgan.evaluation.networks.algorithm_2 import algorithm_2
from tfgmmgan.evaluation.networks.judge import train_judge
from tfgmmgan.evaluation.options import EvaluationOptions
from tfgmmgan.evaluation.scorecard import make_scorecard, write_scorecard
from tfgmmgan.evaluation.sections import SECTIONS, Section
from tfgmmgan.evaluation.sections.trade_off import trade_off
from tfgmmgan.evaluation.terminal import describe, summary

__all__ = [
    "SECTIONS",
    "EvaluationOptions",
    "Section",
    "accuracy",
    "aggregate",
    "algorithm_2",
    "calibration",
    "cluster_scores",
    "compare_features",
    "describe",
    "make_scorecard",
    "negative_log_likelihood",
    "point_scores",
    "same_but_seed",
    "summary",
    "trade_off",
    "train_judge",
    "write_scorecard",
]
