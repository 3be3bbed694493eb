"""`python -m tfgmmgan sample`: draw images from a trained run."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from tfgmmgan.cli.arguments import Parser, add_checkpoint
from tfgmmgan.data.scaling import to_uint8
from tfgmmgan.utils.errors import UserError, nearest
from tfgmmgan.utils.files import check_empty, replacing

__all__ = ["command"]

MOST_BYTES = 2**33  # of examples that are held at once
BLOCK = 1000  # images that are drawn and written at once, into a directory


def command(arguments: list[str], prog: str) -> None:
    """Draw new images from a trained run, from one mode or from all, into files; its dataset need not be there."""
    parser = Parser(prog=prog, description="Draw new examples from a trained run.")
    parser.add_argument("run", metavar="RUN", help="run directory that train.py wrote")
    parser.add_argument("-n", "--num", type=int, default=64, help="how many (default: %(default)s)")
    parser.add_argument(
        "--component",
        metavar="NAME|K",
        help="draw from this mode alone, by its name, or else its number (default: from all, by their weights)",
    )
    parser.add_argument(
        "--variance_scale",
        type=float,
        default=1.0,
        help="multiplies the prior's covariances: below 1 better, above 1 more diverse examples (default: %(default)s)",
    )
    parser.add_argument(
        "--truncation", type=float, help="redraw noise beyond [-T, T], BigGAN's truncation trick (default: keep all)"
    )
    parser.add_argument(
        "--normal",
        action="store_true",
        help="draw from the normal prior of the training instead of the fitted mixture (gael)",
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--seed", type=int, default=0, help="the same seed draws the same examples (default: %(default)s)"
    )
    parser.add_argument(
        "--output",
        metavar="PLACE",
        default="samples.png",
        help="a .png picture of all, an .npz with the array 'examples', or a new or empty directory for a PNG each "
        "(default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    output = Path(options.output)
    if output.suffix not in ("", ".png", ".npz"):
        raise UserError(f"--output must end in .png or .npz, or be a directory; got {output}.")
    if not output.parent.is_dir():
        raise UserError(f"There is no directory {output.parent} for --output {output.name}. Create it first.")
    if not output.suffix:
        check_empty(output, "--output")
    if options.num < 1:
        raise UserError(f"--num must be at least 1; got {options.num}.")

    from tfgmmgan.training.loading import load_model

    model = load_model(options.run, options.checkpoint)
    component = None if options.component is None else _component(options.component, options.run)
    if options.normal and "encode" not in model.capabilities:
        raise UserError(f"--normal is for gael, which fits a mixture after training; {options.run} is another model.")
    shape = model.data_shape
    if len(shape) == 1 and output.suffix != ".npz":
        raise UserError(f"{options.run} makes points, not images; give --output a name ending in .npz.")
    most = MOST_BYTES // (4 * math.prod(shape))
    if output.suffix and options.num > most:
        raise UserError(f"--num must be at most {most} examples of {shape} at once; got {options.num}.")

    def draw(num: int, seed: int) -> np.ndarray:
        prior = model.training_prior if options.normal else None
        try:
            return model.generate(num, component, options.variance_scale, seed, options.truncation, prior)
        except ValueError as error:
            raise UserError(str(error)) from error

    if output.suffix:
        _write_file(output, draw(options.num, options.seed), shape)
    else:
        _write_files(output, options.num, options.seed, draw)
    print(f"Wrote {options.num} examples to {output}.")


def _component(said: str, run: str) -> int:
    """Return the number of a mode from its number or the name that somebody gave it."""
    from tfgmmgan.kinds import names_of

    names = names_of(run)
    called = [number for number, name in names.items() if name == said]
    if len(called) > 1:
        raise UserError(f"Modes {', '.join(map(str, called))} are all called {said}: say a number, or rename them.")
    number = said.removeprefix("kind ").removeprefix("mode ")  # as pages and tables call those without a name
    if called or number.isdigit():
        return called[0] if called else int(number)
    told = f", which are {', '.join(sorted(names.values()))}" if names else f"; {run} has none"
    told = f"--component must be the number of a mode, or one of their names{told}; got '{said}'."
    raise UserError(told + nearest(said, names.values()))


def _write_file(file: Path, examples: np.ndarray, shape: tuple[int, ...]) -> None:
    """Write examples as an array, or as a sheet."""
    from tfgmmgan.plotting import image_grid

    with replacing(file) as temporary:
        if file.suffix == ".npz":
            np.savez_compressed(temporary, examples=examples)
        else:
            columns = math.ceil(math.sqrt(len(examples)))
            blank = np.ones((-len(examples) % columns, *shape), np.float32)
            grid = np.concatenate([examples, blank]).reshape(-1, columns, *shape)
            image_grid(grid).save(temporary)


def _write_files(folder: Path, num: int, seed: int, draw: Callable[[int, int], np.ndarray]) -> None:
    """Write a PNG for each of so many images, a block after the other: memory does not grow with their number."""
    folder.mkdir(exist_ok=True)
    digits = max(4, len(str(num - 1)))
    for block, start in enumerate(tqdm(range(0, num, BLOCK), "drawing", leave=False, disable=None)):
        own = seed if not block else int(np.random.SeedSequence([seed, block]).generate_state(1)[0]) >> 1
        for at, image in enumerate(to_uint8(draw(min(BLOCK, num - start), own)), start):
            Image.fromarray(image.squeeze(axis=2) if image.shape[2] == 1 else image).save(
                folder / f"{at:0{digits}}.png"
            )
