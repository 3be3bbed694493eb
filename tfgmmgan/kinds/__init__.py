"""From a folder to an answer: which kinds of pictures are there, and which picture is of which."""

from tfgmmgan.kinds.answer import Answer, answer_of, find_kinds, load_answer, predict_kinds
from tfgmmgan.kinds.gallery import draw_in_gallery
from tfgmmgan.kinds.summary import names_of, read_summary, rename_kinds
from tfgmmgan.kinds.table import COLUMNS, assignments, read_names

__all__ = [
    "COLUMNS",
    "Answer",
    "answer_of",
    "assignments",
    "draw_in_gallery",
    "find_kinds",
    "load_answer",
    "names_of",
    "predict_kinds",
    "read_names",
    "read_summary",
    "rename_kinds",
]
