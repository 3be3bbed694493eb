"""Serving trained models."""

from tfgmmgan.serving.convert import export_keras, export_onnx, export_tflite
from tfgmmgan.serving.export import export
from tfgmmgan.serving.web import export_web

__all__ = ["export", "export_keras", "export_onnx", "export_tflite", "export_web"]
