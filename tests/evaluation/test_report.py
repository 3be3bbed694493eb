"""The report: one file, with nothing to fetch, and well-formed."""

import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.axes
import numpy as np
import pytest

import tfgmmgan
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import aggregate, describe, make_scorecard
from tfgmmgan.evaluation.comparison import comparison_table
from tfgmmgan.evaluation.report import write_report
from tfgmmgan.evaluation.sections.clustering import confusion_chart
from tfgmmgan.plotting import write_figures

NAMES = {"sampler", "method", "mode", "run", "seed", "minutes"}  # of what a table has in its rows
VOID = {"meta", "img", "br", "link", "input"}


class Checker(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.sources, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(path):
    checker = Checker()
    checker.feed(path.read_text())
    assert checker.open == [] and all(source.startswith("data:image/") for source in checker.sources)
    titles = re.findall(r"<th>(.*?)</th>", path.read_text())
    assert {title for title in titles if '<abbr tabindex="0" title="' not in title} <= NAMES
    assert "<p></p>" not in path.read_text()
    text = " ".join(" ".join(checker.text).split())
    assert "Undefined" not in text and not re.search(r"\{\{|%\}|\bNone\b|\bnan\b", text)
    return text, checker.sources


def card_of(model, images, labels, seed=0):
    split = Split(len(images), labels, images)
    shape = images.shape[1:]
    data = ImageData("quadrants", split, split, shape, ["one", "two", "<three>", "four"] if labels is not None else [])
    about = {
        "name": f"run{seed}",
        "checkpoint": "last",
        "epochs": 2,
        "minutes": 0.1,
        "num_parameters": 1234567,
        "config": {"model": "gmmgan", "dataset": "quadrants", "seed": seed},
    }
    return make_scorecard(model, data, about, seed=seed), data


HISTORY = [
    {
        "epoch": str(epoch),
        "criterion": "1.0",
        "prior/autoencoder/frechet_distance": str(9.0 / epoch),
        "prior/autoencoder/recall": "0.5",
    }
    for epoch in (1, 2)
]


def test_of_one_run(tiny_gmmgan, images, tmp_path):
    model = tiny_gmmgan(num_components=4)
    card, data = card_of(model, images, np.arange(24) % 4)
    write_figures(model, data, tmp_path, "final")
    card["run"]["names"] = {"2": "squares & <b>"}
    write_report(tmp_path / "report.html", [card], [HISTORY], tmp_path, classes=data.class_names)
    text, sources = read(tmp_path / "report.html")
    for words in (
        "2 squares &",
        "gmmgan on quadrants",
        "1,234,567 parameters",
        "What it draws",
        "Do the modes agree with the classes?",
        "Over the epochs",
        "Health of the modes",
        f"{card['test']['clustering']['classifier']['acc']:.3f}",
        f"{card['image_quality']['prior']['autoencoder']['frechet_distance']:.3f}",
        "test accuracy",
        f"{card['test']['clustering']['classifier']['calibration']['expected_calibration_error']:.3f}",
    ):
        assert words in text, words
    methods = card["test"]["clustering"]
    confusions = sum(len(methods[name]["clusters"]) > 1 for name in ("classifier", "algorithm_2"))
    # weights, calibration, trade-off, epochs and confusions as SVG; samples, pairs, triple and scales as PNG
    assert sum("svg" in source for source in sources) == 4 + confusions
    assert sum("png" in source for source in sources) == 4
    assert text.index("In short") < text.index("What it draws") < text.index("In numbers")


def test_of_several_runs(tiny_gmmgan, images, tmp_path):
    cards = [card_of(tiny_gmmgan(num_components=4), images, np.arange(24) % 4, seed)[0] for seed in (0, 1)]
    for card in cards:
        card["run"]["config"]["model"] = {"name": "gmmgan", "architecture": "auto"}  # as config.yaml has it
    write_report(tmp_path / "report.html", cards, [HISTORY, HISTORY])
    text, _ = read(tmp_path / "report.html")
    assert "gmmgan on quadrants" in text
    assert comparison_table([aggregate(cards)]).startswith("gmmgan: 2 runs, seeds 0, 1\nquadrants ")
    values = [card["test"]["clustering"]["classifier"]["acc"] for card in cards]
    assert f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}" in text
    assert "2 runs, seeds 0, 1" in text and "standard errors over runs" in text


@pytest.mark.parametrize("model", ["gan", "gael", "points"])
def test_of_what_has_less(model, images, tmp_path):
    if model == "points":
        rng = np.random.default_rng(0)
        card, _ = card_of(tfgmmgan.GAN((2,), 4, width=0.1), rng.standard_normal((40, 2)).astype(np.float32), None)
    else:
        made = {"gan": tfgmmgan.GAN, "gael": tfgmmgan.GAEL}[model]((8, 8, 1), latent_dim=4, width=0.1)
        card, _ = card_of(made, images, None)
    write_report(tmp_path / "report.html", [card])
    text, _ = read(tmp_path / "report.html")
    assert "Generated against real" in text and "Health" not in text
    assert ("Over variance scales" in text) == (model != "points")
    if model == "gan":
        assert set(card["trade_off"]["distances"]) == {"autoencoder"} and "quality" not in card["trade_off"]


def test_an_old_report_stays_if_the_new_fails(tmp_path):
    path = Path(tmp_path / "report.html")
    path.write_text("old")
    with pytest.raises(KeyError):
        write_report(path, [{"run": {}}])
    assert path.read_text() == "old"


def test_classes_are_named_by_their_ids_and_numbers_of_both_sides_are_told(tiny_gmmgan, images, tmp_path, monkeypatch):
    card, data = card_of(tiny_gmmgan(num_components=4), images, 1 + np.arange(24) % 3)
    assert card["test"]["clustering"]["algorithm_2"]["classes"] == [1, 2, 3]
    names = []
    original = matplotlib.axes.Axes.set_yticks
    monkeypatch.setattr(
        matplotlib.axes.Axes,
        "set_yticks",
        lambda axes, at, labels=None, **more: (names.append(labels), original(axes, at, labels, **more))[1],
    )
    confusion_chart(card["test"]["clustering"]["algorithm_2"], data.class_names)
    assert names == [["two", "<three>", "four"]]
    for network in card["floor"].values():
        network["num"] = 20
    write_report(tmp_path / "report.html", [card])
    assert "N = 24, of the last row 20," in read(tmp_path / "report.html")[0]
    assert "N = 24, of real ones 20" in describe(card)


def test_of_several_runs_the_first_may_have_a_network_more(tiny_gmmgan, images, tmp_path):
    cards = [card_of(tiny_gmmgan(num_components=4), images, np.arange(24) % 4, seed)[0] for seed in (0, 1)]
    for part in (cards[1]["networks"], cards[1]["floor"], *cards[1]["image_quality"].values()):
        del part["classifier"]
    write_report(tmp_path / "report.html", cards)
    assert "±" in read(tmp_path / "report.html")[0]


@pytest.mark.parametrize("name", [r"$\foo$", r"$\frac{$", "$", "a_b^c"])
def test_a_class_may_be_called_anything(name):
    """Matplotlib would read dollars as mathematics."""
    scores = {"clusters": [0, 1], "classes": [0, 1], "confusion": [[3, 1], [1, 3]]}
    assert "<svg" in confusion_chart(scores, [name, "b"])
