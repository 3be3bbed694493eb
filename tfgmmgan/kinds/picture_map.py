"""Where pictures lie on a map: alike ones beside each other."""

from collections.abc import Sequence

import numpy as np
from PIL import Image
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

__all__ = ["colours", "draw_map", "positions"]

LANDMARKS = 3000  # pictures that t-SNE places; the others lie among their nearest
LEAST = 5  # pictures below which there is nothing to be placed
NEAR = 3  # landmarks that a picture lies among
MAP_SIDE, CELL, FRAME = 1600, 32, 2  # pixels of `map.png`, of a picture in it, and of its frame

# OKLab's matrices, https://bottosson.github.io/posts/oklab
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OPPONENT = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def positions(rows: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a place in the unit square for each row, by t-SNE (van der Maaten & Hinton 2008): (n, D) -> (n, 2).

    Args:
        rows: What pictures are compared by.
        seed: Decides the map.
    """
    if len(rows) < LEAST:
        return np.stack([(np.arange(len(rows)) + 0.5) / max(len(rows), 1), np.full(len(rows), 0.5)], axis=1)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:LANDMARKS])
    perplexity = min(30.0, (len(chosen) - 1) / 3)
    placed = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(
        rows[chosen] + np.random.default_rng(seed).normal(scale=1e-6, size=rows[chosen].shape)  # copies aside
    )
    found = placed
    if len(chosen) < len(rows):
        search = NearestNeighbors(n_neighbors=min(NEAR, len(chosen))).fit(rows[chosen])
        found = placed[search.kneighbors(rows, return_distance=False)].mean(axis=1)
    low, high = found.min(axis=0), found.max(axis=0)
    return (found - low) / np.maximum(high - low, 1e-12)


def colours(count: int) -> list[str]:
    """Return so many colours that an eye tells apart, as `#rrggbb`, each as far as can be from those before it.

    Far by OKLab (Ottosson 2020), neither pale nor dark, so that they show on white and on black.
    """
    candidates = np.stack(np.meshgrid(*3 * [np.linspace(0, 1, 24)]), axis=-1).reshape(-1, 3)
    seen = _oklab(candidates)
    light, chroma = seen[:, 0], np.hypot(seen[:, 1], seen[:, 2])
    fit = (light > 0.5) & (light < 0.8) & (chroma > 0.08) & (chroma < 0.22)
    candidates, seen = candidates[fit], seen[fit]
    found, distance = [], np.full(len(seen), np.inf)
    chosen = int(seen[:, 2].argmin())  # the bluest
    for _ in range(count):
        found.append("#" + "".join(f"{round(255 * part):02x}" for part in candidates[chosen]))
        distance = np.minimum(distance, ((seen - seen[chosen]) ** 2).sum(axis=1))
        chosen = int(distance.argmax())
    return found


def _oklab(colour: np.ndarray) -> np.ndarray:
    """Return lightness and two opponent colours, in which distances are those that are seen: sRGB (n, 3) -> (n, 3)."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ TO_CONES.T) @ TO_OPPONENT.T


def draw_map(thumbnails: Sequence[Image.Image], places: np.ndarray, labels: np.ndarray) -> Image.Image:
    """Return a picture of the map: in each of its cells one of the pictures there, framed in its kind's colour.

    Args:
        thumbnails: n pictures.
        places: (n, 2) in the unit square.
        labels: (n,) kind of each.
    """
    palette = colours(int(labels.max()) + 1 if len(labels) else 1)
    sheet = Image.new("RGB", (MAP_SIDE, MAP_SIDE), "white")
    cells = np.minimum((places * (MAP_SIDE // CELL)).astype(int), MAP_SIDE // CELL - 1)
    taken = set()
    for row in np.random.default_rng(0).permutation(len(labels)):
        cell = tuple(int(at) for at in cells[row])
        if cell in taken:
            continue
        taken.add(cell)
        corner = cell[0] * CELL, MAP_SIDE - (cell[1] + 1) * CELL
        sheet.paste(palette[labels[row]], (*corner, corner[0] + CELL, corner[1] + CELL))
        inside = thumbnails[row].convert("RGB").resize((CELL - 2 * FRAME,) * 2, Image.Resampling.BICUBIC)
        sheet.paste(inside, (corner[0] + FRAME, corner[1] + FRAME))
    return sheet
