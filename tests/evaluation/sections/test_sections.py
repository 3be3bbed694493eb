"""A section is one class in one file, and a line in `SECTIONS`."""

import re

import pytest

from tfgmmgan import GAN
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import SECTIONS, Section, aggregate, describe, make_scorecard
from tfgmmgan.evaluation.comparison import comparison_table
from tfgmmgan.evaluation.display import html
from tfgmmgan.evaluation.report import write_report


class Brightness(Section):
    """The mean of generated pixels."""

    name, compared = "brightness", r"brightness\.mean"

    def measure(self, subject):
        return {"brightness": {"mean": float(subject.model.generate(8, seed=0).mean())}}

    def table(self, card):
        return f"BRIGHTNESS {card['brightness']['mean']:.4f}"

    def block(self, runs):
        return html.block("How bright", html.note(f"On average <{runs.number('brightness.mean', 4)}>."))


@pytest.fixture
def with_brightness():
    SECTIONS.append(Brightness())
    yield
    SECTIONS.pop()


def card_of(images):
    split = Split(len(images), None, images)
    about = {"name": "r", "epochs": 1, "minutes": 0, "num_parameters": 1, "config": {"model": "gan", "dataset": "d"}}
    return make_scorecard(GAN((8, 8, 1), 4, width=0.1), ImageData("d", split, split, (8, 8, 1)), about)


def test_a_new_one_is_measured_printed_and_reported(with_brightness, images, tmp_path):
    card = card_of(images)
    expected = f"{card['brightness']['mean']:.4f}"
    assert list(card["seconds"])[-2:] == ["brightness", "total"]
    assert describe(card).endswith(f"\n\nBRIGHTNESS {expected}")
    line = comparison_table([aggregate([card])]).splitlines()[-1].split()
    assert line == ["brightness.mean", expected]
    write_report(tmp_path / "report.html", [card])
    page = (tmp_path / "report.html").read_text()
    assert "<h2>How bright</h2>" in page and f"On average &lt;{expected}&gt;." in page


def test_one_that_does_not_apply_is_not_measured(with_brightness, images, monkeypatch):
    monkeypatch.setattr(Brightness, "applies", lambda self, subject: False)
    card = card_of(images)
    assert "brightness" not in card and card["seconds"]["brightness"] == 0


def test_names_are_unique_and_a_score_is_one_section_s(images):
    assert len({section.name for section in SECTIONS}) == len(SECTIONS)
    for path in aggregate([card_of(images)])["scores"]:
        assert sum(bool(re.fullmatch(section.compared, path)) for section in SECTIONS) <= 1


def test_nothing_is_shown_by_default():
    bare = Section()
    assert not any((bare.summary({}), bare.table({}), bare.protocol({}, "x"), bare.tiles(None), bare.block(None)))
    with pytest.raises(NotImplementedError):
        bare.measure(None)
