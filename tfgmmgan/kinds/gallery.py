"""`gallery.html`: one page to look at, which opens offline."""

import base64
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import markupsafe
import numpy as np
from PIL import Image

from tfgmmgan.data.originals import Originals
from tfgmmgan.data.pictures import Pictures
from tfgmmgan.kinds.picture_map import colours, draw_map, positions
from tfgmmgan.kinds.table import Row, write_table
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import replacing

__all__ = ["draw_in_gallery", "rename_in_gallery", "write_gallery"]

MOST = 8000  # pictures on the page
SIDE, ACROSS = 64, 16  # pixels of a thumbnail at most, thumbnails along a side of a sheet
QUALITY = 80  # of the sheets, JPEG
USUAL = 0.75  # share of a kind's pictures, the least strange, of which the most typical are taken
TYPICAL, BORDERLINE, STRANGE, COPIES = 24, 12, 12, 60  # pictures of a kind that are shown, and copies of all
TEMPLATE = Path(__file__).with_name("gallery.html.jinja")
DATA = re.compile(r'(<script id="data" type="application/json">)(.*?)(</script>)', re.DOTALL)


def write_gallery(
    page: Path,
    map_picture: Path,
    rows: list[Row],
    summary: dict[str, Any],
    compared: np.ndarray,
    pictures: Pictures,
) -> None:
    """Write the page and a picture of its map.

    Of more than 8,000 pictures the page has those that it shows of each kind and a choice of chance of the others.

    Args:
        page: The HTML file.
        map_picture: The PNG file; beside it a CSV file has where each picture of the page lies.
        rows: Those of `clusters.csv`.
        summary: That of `summary.json`.
        compared: (n, D) what the pictures are compared by.
        pictures: The pictures of the rows.
    """
    count = len(rows)
    labels = np.array([row["cluster"] for row in rows])
    shown = _shown(rows, labels, len(summary["kinds"]))
    wanted = {row for kind in shown for some in kind.values() for row in some}
    copies = [number for number, row in enumerate(rows) if row["duplicate_of"]][:COPIES]
    numbers = {row["path"]: number for number, row in enumerate(rows)} if copies else {}
    wanted |= set(copies) | {numbers[rows[copy]["duplicate_of"]] for copy in copies}
    rest = np.setdiff1d(np.arange(count), list(wanted))
    rest = np.random.default_rng(0).permutation(rest)[: max(0, MOST - len(wanted))]
    used = np.sort(np.concatenate([np.array(sorted(wanted), int), rest]))
    at = {int(row): place for place, row in enumerate(used)}

    places = positions(compared[used])
    side = _side(pictures.originals.paths[used[:50]])
    thumbnails = [Image.fromarray(one.squeeze()) for one in _thumbnails(pictures.originals[used], side)]
    data = {
        "side": side,
        "across": ACROSS,
        "colours": colours(len(summary["kinds"])),
        "summary": {name: value for name, value in summary.items() if name != "paths"},  # of this machine
        "shown": [{name: [at[row] for row in some] for name, some in kind.items()} for kind in shown],
        "copies": [[at[numbers[rows[copy]["duplicate_of"]]], at[copy]] for copy in copies],
        "pictures": [
            [
                *(rows[row][name] for name in ("path", "cluster", "probability", "second_cluster")),
                *(rows[row][name] for name in ("second_probability", "outlier_score")),
                *(round(float(part), 4) for part in place),
            ]
            for row, place in zip(used, places, strict=True)
        ],
    }
    environment = jinja2.Environment(autoescape=True)
    with replacing(page) as temporary:
        temporary.write_text(
            environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
                data=_embedded(data), sheets=list(_sheets(thumbnails)), whole=count
            ),
            encoding="utf-8",
        )
    with replacing(map_picture) as temporary:
        draw_map(thumbnails, places, labels[used]).save(temporary)
    lies = [(rows[row]["path"], *place.round(4)) for row, place in zip(used, places, strict=True)]
    columns = ("path", "x", "y")
    write_table(map_picture.with_suffix(".csv"), [dict(zip(columns, one, strict=True)) for one in lies], columns)


def rename_in_gallery(page: Path, names: Mapping[int, str]) -> None:
    """Give the kinds of a written page other names; raise `UserError` if it is not one of `write_gallery`."""

    def rename(data: dict) -> None:
        for kind in data["summary"]["kinds"]:
            kind["name"] = names.get(kind["cluster"], "")

    _change(page, rename)


def draw_in_gallery(page: Path, drawn: Sequence[np.ndarray]) -> None:
    """Put drawn images of each kind beside the real ones of a written page; raise `UserError` if it is not one.

    Args:
        page: The HTML file.
        drawn: For each kind (n, H, W, C) uint8.
    """

    def draw(data: dict) -> None:
        data["drawn"] = [_data_uri(_sheet([Image.fromarray(one.squeeze()) for one in some])) for some in drawn]

    _change(page, draw)


def _change(page: Path, change: Callable[[dict], None]) -> None:
    """Change the data of a written page."""
    text = page.read_text(encoding="utf-8")
    found = DATA.search(text)
    if not found:
        raise UserError(f"{page} is not a page that `cluster` wrote.")
    data = json.loads(found[2])
    change(data)
    with replacing(page) as temporary:
        parts = text[: found.start(2)], _embedded(data), text[found.end(2) :]
        temporary.write_text("".join(parts), encoding="utf-8")  # `+` would escape what is beside a Markup


def _embedded(data: Any) -> str:
    """Return data as JSON that may stand in a page."""
    text = json.dumps(data, separators=(",", ":"))  # ASCII, so that odd bytes of file names are written as \\udc..
    return markupsafe.Markup(text.replace("<", "\\u003c"))


def _shown(rows: list[dict], labels: np.ndarray, num_kinds: int) -> list[dict[str, list[int]]]:
    """Return which pictures of each kind are most typical, borderline and strangest."""
    probability = np.array([row["probability"] for row in rows])
    second = np.array([row["second_probability"] or 0.0 for row in rows])
    strange = np.array([row["outlier_score"] for row in rows])
    found = []
    for kind in range(num_kinds):
        own = np.flatnonzero(labels == kind)
        usual = own[strange[own] <= np.quantile(strange[own], USUAL)] if len(own) else own
        typical = usual[np.lexsort((strange[usual], -np.round(probability[usual], 2)))][:TYPICAL]
        rest = np.setdiff1d(own, typical)
        borderline = rest[np.argsort(probability[rest] - second[rest], kind="stable")][:BORDERLINE]
        rest = np.setdiff1d(rest, borderline)
        odd = rest[np.argsort(-strange[rest], kind="stable")][:STRANGE]
        parts = {"typical": typical, "borderline": borderline, "strange": odd}
        found.append({name: part.tolist() for name, part in parts.items()})
    return found


def _side(paths: np.ndarray) -> int:
    """Return the side of thumbnails: the smaller of some pictures' sides, 64 at most."""
    sides = []
    for path in paths:
        with Image.open(path) as image:
            sides.append(min(image.size))
    return max(8, min(SIDE, int(np.median(sides))))


def _thumbnails(originals: Originals, side: int) -> list[np.ndarray]:
    colour = Originals(originals.paths, replace(originals.options, channels=3))
    return [one for batch in colour.batches(side) for one in batch]


def _sheets(thumbnails: list[Image.Image]) -> Iterator[str]:
    """Yield sheets of thumbnails as data URIs."""
    for start in range(0, len(thumbnails), ACROSS**2):
        yield _data_uri(_sheet(thumbnails[start : start + ACROSS**2]))


def _sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return pictures of one size on one, `ACROSS` beside each other."""
    width, height = pictures[0].size
    sheet = Image.new("RGB", (ACROSS * width, -(-len(pictures) // ACROSS) * height))
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (place % ACROSS * width, place // ACROSS * height))
    return sheet


def _data_uri(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
