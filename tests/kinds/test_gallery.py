"""The page to look at, and the map."""

import base64
import csv
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from tfgmmgan import UserError
from tfgmmgan.kinds import gallery, picture_map
from tfgmmgan.kinds.gallery import DATA, draw_in_gallery, rename_in_gallery, write_gallery
from tfgmmgan.kinds.picture_map import colours, draw_map, positions


def data_of(page):
    return json.loads(DATA.search(page.read_text())[2])


def sheets_of(page):
    found = re.findall(r"url\(data:image/jpeg;base64,([^)]+)\)", page.read_text())
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in found]


def test_the_page_opens_offline_and_has_every_picture(answer):
    found, folder = answer
    page = folder / "gallery.html"
    text = page.read_text()
    assert not re.search(r'(src|href)="(?!#)', text) and "http" not in text
    data = data_of(page)
    assert [one[0] for one in data["pictures"]] == [row["path"] for row in found.rows]
    assert "right & <b>" not in text and data["summary"]["kinds"] == found.summary["kinds"]
    for kind, shown in enumerate(data["shown"]):
        chosen = [number for part in shown.values() for number in part]
        assert len(chosen) == len(set(chosen)) and {data["pictures"][number][1] for number in chosen} == {kind}
    assert [[data["pictures"][one][0] for one in pair] for pair in data["copies"]] == [
        ["copy of 01.png", "left/01.png"]
    ]
    sheet = np.asarray(sheets_of(page)[0])
    side, number = data["side"], next(row for row, one in enumerate(data["pictures"]) if one[0] == "left/31.png")
    top, left = side * (number // data["across"]), side * (number % data["across"])
    expected = found.pictures.images[found.pictures.names.index("left/31.png")].astype(int)
    assert abs(sheet[top : top + side, left : left + side] - expected).mean() < 15
    assert Image.open(folder / "map.png").size == (1600, 1600)
    with open(folder / "map.csv", newline="", encoding="utf-8") as file:
        lies = [(row["path"], float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]
    assert lies == [(one[0], *one[-2:]) for one in data["pictures"]]


def test_of_many_pictures_the_page_has_some(answer, tmp_path, monkeypatch):
    found, _ = answer
    for name, value in (("MOST", 20), ("TYPICAL", 3), ("BORDERLINE", 1), ("STRANGE", 1)):
        monkeypatch.setattr(gallery, name, value)
    page = tmp_path / "page.html"
    write_gallery(page, tmp_path / "map.png", found.rows, found.summary, found.compared, found.pictures)
    data = data_of(page)
    assert len(data["pictures"]) == 20 and "WHOLE = 62" in page.read_text()
    assert [len(shown["typical"]) for shown in data["shown"]] == [3, 3, 3]


def test_a_changed_page_is_the_same_but_for_what_changed(answer, tmp_path):
    page = tmp_path / "gallery.html"
    page.write_bytes((answer[1] / "gallery.html").read_bytes())
    before, text = data_of(page), page.read_text()
    rename_in_gallery(page, {1: "Zwei & <drei>"})
    draw_in_gallery(page, np.zeros((3, 17, 8, 8, 3), np.uint8))
    after = data_of(page)
    assert [kind["name"] for kind in after["summary"]["kinds"]] == ["", "Zwei & <drei>", ""]
    uri = after.pop("drawn")[2]
    assert Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).size == (16 * 8, 2 * 8)
    after["summary"]["kinds"][1]["name"] = ""
    assert after == before
    assert DATA.sub("", page.read_text()) == DATA.sub("", text)


def test_only_a_page_of_ours_is_renamed(tmp_path):
    (tmp_path / "page.html").write_text("<p>somebody's</p>")
    with pytest.raises(UserError, match="not a page that `cluster` wrote"):
        rename_in_gallery(tmp_path / "page.html", {})


@pytest.mark.parametrize("count", [1, 3, 60])
def test_alike_rows_lie_beside_each_other(count, monkeypatch):
    monkeypatch.setattr("tfgmmgan.kinds.picture_map.LANDMARKS", 40)
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    places = positions(rng.normal(size=(count, 5)) + 30 * labels[:, None])
    assert places.shape == (count, 2) and (places >= 0).all() and (places <= 1).all()
    if count == 60:
        middles = [places[labels == kind].mean(axis=0) for kind in (0, 1)]
        nearer = [np.linalg.norm(places - middle, axis=1) for middle in middles]
        assert ((nearer[1] < nearer[0]) == labels).mean() > 0.9


def test_copies_have_places():
    assert np.isfinite(positions(np.ones((30, 4)))).all()


@pytest.mark.parametrize(("count", "least"), [(1, 0), (8, 200), (30, 70), (60, 50)])
def test_colours_differ(count, least):
    """By the weighted distance of https://www.compuphase.com/cmetric.htm, of which black and white are 765 apart."""
    found = colours(count)
    assert len(found) == count and all(re.fullmatch("#[0-9a-f]{6}", one) for one in found)
    rgb = np.array([[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in found], float)
    apart = rgb[:, None] - rgb
    red = (rgb[:, None, 0] + rgb[None, :, 0]) / 512
    distances = np.sqrt((2 + red) * apart[..., 0] ** 2 + 4 * apart[..., 1] ** 2 + (3 - red) * apart[..., 2] ** 2)
    assert distances[np.triu_indices(count, 1)].min(initial=765) > least
    assert found == colours(60)[:count]


def test_oklab_has_the_lightness_of_grey():
    """That of sRGB's white is 1, of black 0; greys have no colour."""
    seen = picture_map._oklab(np.repeat(np.linspace(0, 1, 5)[:, None], 3, axis=1))
    np.testing.assert_allclose(seen[[0, -1], 0], [0, 1], atol=1e-6)
    np.testing.assert_allclose(seen[:, 1:], 0, atol=1e-6)


def test_the_map_shows_a_picture_where_it_lies():
    thumbnails = [Image.new("L", (10, 10), 200), Image.new("RGB", (10, 10), "red")]
    drawn = np.asarray(draw_map(thumbnails, np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1])))
    assert drawn[-16, 16].tolist() == [200] * 3 and drawn[16, -16].tolist() == [255, 0, 0]
    assert (drawn[800, 800] == 255).all()
