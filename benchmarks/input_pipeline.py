"""How many images a second the data road brings: from memory, from TensorFlow Datasets, from a folder of files.

python -m benchmarks.input_pipeline
python -m benchmarks.input_pipeline --dataset mnist --folder photos --image_size 32

Batches as training gets them, shuffled, without a model behind. TFDS and folder are measured as they are by default,
held in memory, and read while training (--data.memory_limit 0). Without --folder, PNG files are made for it.
"""

import argparse
import itertools
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.timing import print_machine, write_json
from tfgmmgan.data import DataOptions, ImageData, load
from tfgmmgan.utils.errors import UserError


def images_per_second(data: ImageData, batch_size: int, batches: int) -> float:
    """Return how many images a second come, after two batches of warming up."""
    stream = iter(data.training_batches(batch_size, seed=0))
    for _ in range(2):
        next(stream)
    started = time.perf_counter()
    for batch in itertools.islice(stream, batches):
        batch.numpy()
    return batches * batch_size / (time.perf_counter() - started)


def write_folder(path: Path, count: int, side: int) -> Path:
    """Write colour images of noise as PNG files in two class folders."""
    rng = np.random.default_rng(0)
    for number in range(count):
        (path / str(number % 2)).mkdir(exist_ok=True)
        image = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
        image.save(path / str(number % 2) / f"{number}.png")
    return path


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print a table, return rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist", help="of TensorFlow Datasets (default: %(default)s)")
    parser.add_argument("--folder", metavar="DIR", help="of image files (default: 2,000 that are made for it)")
    parser.add_argument("--files", type=int, default=2000, help="how many are made (default: %(default)s)")
    parser.add_argument("--image_size", type=int, default=32, help="of the folder's (default: %(default)s)")
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--batches", type=int, default=500, help="measured of each (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    print_machine()
    rows = []
    print(f"{'SOURCE':<16}{'READ':<20}{'SHAPE':<14}{'IMAGES/S':>10}{'MS/BATCH':>10}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or write_folder(Path(temporary), options.files, options.image_size)
        cases = [("digits", "from memory", DataOptions())]
        for name, extra in ((options.dataset, {}), ("folder", {"path": str(folder), "image_size": options.image_size})):
            cases.append((name, "from memory", DataOptions(**extra)))
            cases.append((name, "while training", DataOptions(**extra, memory_limit=0)))
        for name, how, chosen in cases:
            try:
                data = load(name, chosen)
            except UserError as error:
                print(f"{name:<16}{how:<20}left out: {error}")
                continue
            rate = images_per_second(data, options.batch_size, options.batches)
            shape = "x".join(str(side) for side in data.shape)
            rows.append({"source": name, "read": how, "shape": shape, "images_per_second": rate})
            print(f"{name:<16}{how:<20}{shape:<14}{rate:>10.0f}{1000 * options.batch_size / rate:>10.2f}")
    return write_json(options.json, {"batch_size": options.batch_size, "rows": rows})


if __name__ == "__main__":
    main()
