"""Export to a page that draws images in the browser, with nothing behind it but files."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from tfgmmgan.models import LatentGAN
from tfgmmgan.serving.convert import about, new_folder, write_onnx
from tfgmmgan.serving.portable import portable_functions
from tfgmmgan.utils.errors import UserError

__all__ = ["RUNTIME", "export_web"]

RUNTIME = "node_modules/onnxruntime-web"
PARTS = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")  # of its folder `dist`, what a page needs
STYLE = Path(__file__).parents[1] / "evaluation" / "style.css.jinja"  # as the reports have it


def export_web(
    model: LatentGAN, folder: str | Path, runtime: str | Path = RUNTIME, names: Mapping[int, str] | None = None
) -> Path:
    """Write a folder that any web server can hand out: a page on which a model is played with, in the browser.

    `index.html`, `interpolate.onnx` (`portable_functions`), and what runs it, copied from npm's onnxruntime-web. The
    page asks for nothing outside of its folder.

    Args:
        model: The trained model, of images of 1 or 3 channels.
        folder: A new or empty folder; it appears whole or not at all.
        runtime: The folder of onnxruntime-web. Default `"node_modules/onnxruntime-web"`.
        names: What the components are called, by number.

    Returns:
        The folder.

    Raises:
        UserError: If the folder is not empty, the model is of points, or onnxruntime-web or tf2onnx is not there.
    """
    if len(model.data_shape) != 3 or model.data_shape[2] not in (1, 3):
        raise UserError(f"A page shows grey or RGB images; this model makes examples of shape {model.data_shape}.")
    parts = [Path(runtime) / "dist" / part for part in PARTS]
    if not all(part.is_file() for part in parts):
        raise UserError(
            f"{runtime} holds no onnxruntime-web, which runs the model in the browser: npm install onnxruntime-web, or "
            "name the folder where it is by --runtime."
        )
    interpolate, file = portable_functions(model)["interpolate"], "interpolate.onnx"
    said = json.dumps(about(model, {"interpolate": interpolate}, {"interpolate": file}, names)).replace("<", "\\u003c")
    page = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    with new_folder(folder) as new:
        write_onnx(model, interpolate, new / file)
        for part in parts:
            shutil.copyfile(part, new / part.name)
        page = page.replace("{{ style }}", STYLE.read_text(encoding="utf-8")).replace("{{ about }}", said)
        (new / "index.html").write_text(page, encoding="utf-8")
    return Path(folder)
