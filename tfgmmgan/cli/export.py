"""`python -m tfgmmgan export`: a trained run for other programs, for phones, and for the browser."""

from pathlib import Path

from tfgmmgan.cli.arguments import Parser, add_checkpoint
from tfgmmgan.serving.web import RUNTIME
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import check_empty

__all__ = ["command"]

PRECISIONS = {"onnx": ("float32", "float16"), "tflite": ("float32", "float16", "int8")}


def command(arguments: list[str], prog: str) -> None:
    """Write a trained run as files that other programs open, or as a page that draws in the browser."""
    parser = Parser(prog=prog, description="Write a trained run as files that other programs open.")
    parser.add_argument("run", metavar="RUN", help="run directory that train.py wrote")
    parser.add_argument(
        "--format",
        required=True,
        choices=("savedmodel", "onnx", "tflite", "keras", "web"),
        help="savedmodel for TF Serving, onnx for ONNX Runtime, tflite for LiteRT, keras for Keras, web for a page",
    )
    parser.add_argument("--output", metavar="DIR", help="a new or empty directory (default: RUN/FORMAT)")
    parser.add_argument(
        "--precision",
        choices=("float32", "float16", "int8"),
        default="float32",
        help="of the weights, for onnx (but int8) and tflite (default: %(default)s)",
    )
    parser.add_argument(
        "--runtime",
        metavar="DIR",
        default=RUNTIME,
        help="npm's package onnxruntime-web, for web (default: %(default)s)",
    )
    add_checkpoint(parser)
    options = parser.parse_args(arguments)
    form, precision, run = options.format, options.precision, options.run
    if precision not in PRECISIONS.get(form, ("float32",)):
        fitting = " or ".join(name for name, all_of in PRECISIONS.items() if precision in all_of)
        raise UserError(f"--precision {precision} is for --format {fitting}; got --format {form}. Leave it out.")
    output = Path(options.output or Path(run, "serving" if form == "savedmodel" else form))
    if form != "savedmodel":  # which adds the next version
        check_empty(output, "--output")

    from tfgmmgan.kinds import names_of
    from tfgmmgan.serving import export, export_keras, export_onnx, export_tflite, export_web
    from tfgmmgan.training.compat import read_run_config
    from tfgmmgan.training.loading import load_model
    from tfgmmgan.training.run_directory import RunDirectory

    model, names = load_model(run, options.checkpoint), names_of(run)
    if form == "savedmodel":
        written = export(model, output, read_run_config(RunDirectory(run).config)["data.crop"])
    elif form == "keras":
        written = export_keras(model, output, names)
    elif form == "web":
        written = export_web(model, output, options.runtime, names)
    else:
        written = {"onnx": export_onnx, "tflite": export_tflite}[form](model, output, precision, names)
    print(f"Wrote {written}.")
    if form == "web":
        print(f"Look at it: python -m http.server --directory {written}, and open http://localhost:8000")
