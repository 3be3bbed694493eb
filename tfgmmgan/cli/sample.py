"""`python -m tfgmmgan sample`: draw images from a trained run."""

import math
from pathlib import Path

import numpy as np

from tfgmmgan.cli.arguments import Parser, add_checkpoint
from tfgmmgan.utils.errors import UserError

__all__ = ["command"]

MOST_BYTES = 2**33  # of examples that are held at once


def command(arguments: list[str], prog: str) -> None:
    """Draw new images from a trained run, from one mode or from all, into a PNG or .npz file."""
    parser = Parser(prog=prog, description="Draw new examples from a trained run.")
    parser.add_argument("run", metavar="RUN", help="run directory that train.py wrote")
    parser.add_argument("--num", type=int, default=64, help="how many (default: %(default)s)")
    parser.add_argument("--component", type=int, help="draw from this mode alone (default: all, by their weights)")
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
        metavar="FILE",
        default="samples.png",
        help="a .png picture of all, or an .npz with the array 'examples' (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    output = Path(options.output)
    if output.suffix not in (".png", ".npz"):
        raise UserError(f"--output must end in .png or .npz; got {output}.")
    if not output.parent.is_dir():
        raise UserError(f"There is no directory {output.parent} for --output {output.name}. Create it first.")
    if options.num < 1:
        raise UserError(f"--num must be at least 1; got {options.num}.")

    from tfgmmgan.plotting import image_grid
    from tfgmmgan.training import runner
    from tfgmmgan.utils.files import replacing

    _, _, model, data = runner.load_run(options.run, options.checkpoint)
    if options.normal and "encode" not in model.capabilities:
        raise UserError(f"--normal is for gael, which fits a mixture after training; {options.run} is another model.")
    most = MOST_BYTES // (4 * math.prod(data.shape))
    if options.num > most:
        raise UserError(f"--num must be at most {most} examples of {data.shape} at once; got {options.num}.")
    try:
        examples = model.generate(
            options.num,
            options.component,
            options.variance_scale,
            options.seed,
            options.truncation,
            model.training_prior if options.normal else None,
        )
    except ValueError as error:
        raise UserError(str(error)) from error
    with replacing(output) as temporary:
        if output.suffix == ".npz":
            np.savez_compressed(temporary, examples=examples)
        elif not data.is_image:
            raise UserError(f"{options.run} makes points, not images; give --output a name ending in .npz.")
        else:
            columns = math.ceil(math.sqrt(options.num))
            padding = -options.num % columns
            blank = np.ones((padding, *data.shape), np.float32)
            grid = np.concatenate([examples, blank]).reshape(-1, columns, *data.shape)
            image_grid(grid).save(temporary)
    print(f"Wrote {options.num} examples to {output}.")
