"""Serving trained models."""

from tfgmmgan.serving.export import export

__all__ = ["export"]
