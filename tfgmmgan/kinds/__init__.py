"""From a folder to an answer: which kinds of pictures are there, and which picture is of which."""

from tfgmmgan.kinds.answer import Answer, find_kinds, load_answer, predict_kinds
from tfgmmgan.kinds.table import COLUMNS, assignments, read_names

__all__ = ["COLUMNS", "Answer", "assignments", "find_kinds", "load_answer", "predict_kinds", "read_names"]
