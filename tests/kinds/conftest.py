import numpy as np
import pytest
from PIL import Image

from tfgmmgan.kinds import find_kinds

QUICK = {"descriptor": "pixels", "steps": 30, "self_training_rounds": 0, "width": 0.1, "batch_size": 16}


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A folder of 60 pictures: squares, stripes and noise, a copy of one, one unlike all, and two broken files."""
    root, rng = tmp_path_factory.mktemp("pictures") / "my <photos>", np.random.default_rng(0)
    root.mkdir()
    for number in range(60):
        image = np.full((20, 20, 3), 30, np.uint8)
        if number % 3 == 0:
            image[4:12, 4:12] = 220
        elif number % 3 == 1:
            image[::4] = 200
        else:
            image[:, 10:] = 150
        image = np.clip(image + rng.integers(-25, 25, image.shape), 0, 255).astype(np.uint8)
        folder = root / ("left" if number % 2 else "right & <b>")
        folder.mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / f"{number:02}.png")
    Image.open(root / "left" / "01.png").save(root / "copy of 01.png")
    Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(root / "odd.png")
    (root / "broken.png").write_bytes(b"broken")
    (root / "notes.txt").write_text("text")
    return root


@pytest.fixture(scope="session")
def answer(photos, tmp_path_factory):
    """The answer on `photos`, and the folder where it is written."""
    found = find_kinds(photos, 3, **QUICK)
    folder = tmp_path_factory.mktemp("answer")
    found.write(folder)
    return found, folder
