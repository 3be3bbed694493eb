"""What each format and precision of `export` costs: bytes, the images' Fréchet distance, and milliseconds an image.

python -m benchmarks.exports saved_models/digits-modegan-seed0 --json exports.json

Every row draws as many images as the training split has (10,000 at most), of the same components under the same noise,
32 at once, in its own runtime. The distance is between the dataset's classifier's features (the "judge") of these and
of real training images; the difference is the greatest of any pixel to Keras, whose values lie in [-1, 1].
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfgmmgan import LatentGAN, load_run
from tfgmmgan.evaluation.metrics.image_quality import compare_features
from tfgmmgan.evaluation.networks.feature_network import collect
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.serving import export_onnx, export_tflite
from tfgmmgan.serving.portable import portable_functions

PRECISIONS = {"keras": ("float32",), "onnx": ("float32", "float16"), "tflite": ("float32", "float16", "int8")}
BATCH = 32


def runner(model: LatentGAN, form: str, precision: str, folder: Path) -> tuple[int | None, Callable[..., np.ndarray]]:
    """Export `generate` and return the file's bytes, and what draws by it."""
    if form == "keras":
        function = tf.function(portable_functions(model)["generate"].function, autograph=False)
        return None, lambda **given: function(*map(tf.constant, given.values()))["examples"].numpy()
    if form == "onnx":
        import onnxruntime

        file = export_onnx(model, folder, precision) / "generate.onnx"
        session = onnxruntime.InferenceSession(file)
        return file.stat().st_size, lambda **given: session.run(["examples"], given)[0]
    from ai_edge_litert.interpreter import Interpreter

    file = export_tflite(model, folder, precision) / "model.tflite"
    interpreter = Interpreter(str(file), num_threads=os.cpu_count())
    return file.stat().st_size, lambda **given: interpreter.get_signature_runner("generate")(**given)["examples"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--json")
    options = parser.parse_args()
    _, _, model, data = load_run(options.run)
    subject = Subject(model, data)
    num = min(10_000, len(data.train))
    real = subject.real(subject.judge, "train", num)
    rng = np.random.default_rng(0)
    weights = model.prior.mixture_probs().numpy().astype(np.float64)
    given = {
        "component": rng.choice(len(weights), num, p=weights / weights.sum()).astype(np.int32),
        "noise": rng.standard_normal((num, model.latent_dim), np.float32),
        "variance_scale": np.ones(num, np.float32),
    }
    if model.prior.num_subclasses:
        given["place"] = rng.random(num, np.float32)
    rows, expected = [], None
    for form, precision in [(form, bits) for form, some in PRECISIONS.items() for bits in some]:
        with tempfile.TemporaryDirectory() as folder:
            size, draw = runner(model, form, precision, Path(folder, "new"))
            parts = [{k: v[at : at + BATCH] for k, v in given.items()} for at in range(0, num, BATCH)]
            draw(**parts[0])
            started = time.perf_counter()
            drawn = np.concatenate([draw(**part) for part in parts])
            taken = 1000 * (time.perf_counter() - started) / num
        expected = drawn if expected is None else expected
        features = collect([subject.judge], [drawn])[0][subject.judge.name]
        distance = compare_features(real.spread(num), features)["frechet_distance"]
        row = {"format": form, "precision": precision, "bytes": size, "frechet_distance": float(distance)}
        rows.append({**row, "difference": float(abs(drawn - expected).max()), "ms_per_image": taken})
        print("  ".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in rows[-1].values()))
    if options.json:
        Path(options.json).write_text(json.dumps({"run": options.run, "images": num, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
