"""The report of a run, or of several: one HTML file with everything in it."""

from tfgmmgan.evaluation.report.html import write_report

__all__ = ["write_report"]
