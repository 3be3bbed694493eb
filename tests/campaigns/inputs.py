"""Malformed inputs: `python tests/campaigns/inputs.py --count 300`.

Generators with a fixed seed spoil configs, options, arrays, images, TFDS folders and run directories. Each must end in
one clear line and exit code 2, with nothing written and nothing of what was there lost, or be taken because it is right
after all.
"""

import argparse
import contextlib
import io
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from tfgmmgan.cli import evaluate, run_command, sample, train
from tfgmmgan.training import runner

LONGEST = 1600  # letters of an error
SLOWEST = 60.0  # seconds, on a busy machine
COMMANDS = {"train.py": train.command, "evaluate.py": evaluate.command, "sample": sample.command}
Trial = tuple[str, str, list[str]]  # what was spoilt, the command, its arguments
JUNK = [
    "",
    " ",
    "null",
    "-1",
    "1e999",
    "nan",
    "0x10",
    "9" * 5000,
    "[",
    "{a: 1}",
    "\x1b[2J",
    "é" * 3000,
    "!!python/x",
    "$x",
]


class Accepted(Exception):
    """A run would begin."""


class CampaignTiny(tfds.core.GeneratorBasedBuilder):
    """Twenty images, to be damaged."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            "image": tfds.features.Image(shape=(8, 8, 1)),
            "label": tfds.features.ClassLabel(num_classes=2),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, manager: object) -> dict:
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[int, dict]]:
        for number in range(20):
            yield number, {"image": np.full((8, 8, 1), 10 * number, np.uint8), "label": number % 2}


def spoil(content: bytes, rng: np.random.Generator) -> bytes:
    """Return bytes cut, changed, doubled, or with others in between."""
    at, length = int(rng.integers(len(content) + 1)), int(rng.integers(1, 40))
    return [
        lambda: content[:at],
        lambda: content[:at] + rng.integers(256, size=length, dtype=np.uint8).tobytes() + content[at + length :],
        lambda: content[:at] + content[at + length :],
        lambda: content[:at] + content[:length] * 50 + content[at:],
        lambda: b"",
    ][int(rng.integers(5))]()


def configs(rng: np.random.Generator, folder: Path) -> Trial:
    """A YAML file with something wrong, for `--config`."""
    good = "model: {name: gan, width: 0.05}\ndataset: digits\nepochs: 1\nprior: {}\ndata: {classes: [0, 1]}\n"
    junk = JUNK[int(rng.integers(len(JUNK)))]
    bombs = [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "data: {class_path: os.system}\n",
        "model: !!python/object/apply:os.system [echo]\n",
        "[" * 3000,
        f"epochs: {junk}\n",
        f"{junk}: 1\n",
        "model: {name: gan, name: gan, wdth: 1}\n",
        "- a\n- b\n",
        "epochs: [1, 2]\n",
        "data: 5\n",
    ]
    kind = int(rng.integers(2 * len(bombs)))
    file = folder / "config.yaml"
    content = spoil(good.encode(), rng) if kind >= len(bombs) else (good + bombs[kind]).encode("utf-8", "replace")
    file.write_bytes(content)
    return "config", "train.py", [f"--config={file}", f"--output={folder / 'run'}"]


def options(rng: np.random.Generator, folder: Path) -> Trial:
    """An option with a value that is none, or one that there is not."""
    names = ["epochs", "batch_size", "seed", "model.width", "data.image_size", "prior.variance", "precision", "jit"]
    names += ["data.classes", "data.class_fractions", "data.test_fraction", "model", "dataset", "strategy", "wdith"]
    name, junk = names[int(rng.integers(len(names)))], JUNK[int(rng.integers(len(JUNK)))]
    return "option", "train.py", ["--model=gan", f"--output={folder / 'run'}", f"--{name}={junk}"]


def arrays(rng: np.random.Generator, folder: Path) -> Trial:
    """An .npz file of arrays that no images are, or damaged."""
    file, n = folder / "a.npz", int(rng.integers(0, 6))
    shapes = [(n, 8, 8), (n, 8, 8, 5), (n,), (), (n, 0, 8), (n, 8, 8, 1, 1), (n, 7, 7), (n, 8, 8, 1)]
    dtypes = ["u1", "f4", "i8", "u2", "?", "c8", "U3", "M8[s]"]
    shape, dtype = shapes[int(rng.integers(len(shapes)))], dtypes[int(rng.integers(len(dtypes)))]
    values = np.asarray(rng.integers(0, [2, 256, 60000][int(rng.integers(3))], shape))
    images = np.zeros(shape, dtype) if dtype in ("c8", "U3", "M8[s]") else values.astype(dtype)
    if dtype == "f4" and rng.integers(2):
        images = images * np.float32(np.nan)
    labels = [np.zeros(n + 1), np.full(n, -5), np.array([{}] * max(n, 1)), np.zeros((n, 3), int)][int(rng.integers(4))]
    named = {"images": images} if rng.integers(2) else {"images": images, "labels": labels}
    if rng.integers(4) == 0:
        named = {"pictures": images}
    np.savez(file, **named, allow_pickle=True)
    if rng.integers(3) == 0:
        file.write_bytes(spoil(file.read_bytes(), rng))
    return "arrays", "train.py", [*GAN, "--dataset=arrays", f"--data.path={file}", f"--output={folder / 'run'}"]


def images(rng: np.random.Generator, folder: Path) -> Trial:
    """A folder of images, one of them spoilt or of another kind."""
    photos = folder / "photos $x"
    photos.mkdir()
    for number in range(6):
        pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(photos / f"{number}.png")
    kind, victim = int(rng.integers(5)), photos / f"{int(rng.integers(6))}.png"
    if kind == 0:
        victim.write_bytes(b"")
    elif kind == 1:
        Image.new("I;16" if rng.integers(2) else "F", (8, 8)).save(victim.with_suffix(".tif"))
    elif kind == 2:
        Image.new("RGB", (1, 1)).save(victim)
    else:
        victim.write_bytes(spoil(victim.read_bytes(), rng))
    return "image", "train.py", [*GAN, "--dataset=folder", f"--data.path={photos}", f"--output={folder / 'run'}"]


def prepared(rng: np.random.Generator, folder: Path) -> Trial:
    """A TFDS folder of which a file is spoilt or missing."""
    shutil.copytree(TFDS, folder / "tfds")
    files = sorted(path for path in (folder / "tfds").rglob("*") if path.is_file())
    victim = files[int(rng.integers(len(files)))]
    if rng.integers(3) == 0:
        victim.unlink()
    else:
        victim.write_bytes(spoil(victim.read_bytes(), rng))
    where = [f"--data.path={folder / 'tfds'}", f"--output={folder / 'run'}"]
    return f"TFDS {victim.suffix}", "train.py", [*GAN, "--dataset=campaign_tiny", *where]


def runs(rng: np.random.Generator, folder: Path) -> Trial:
    """A run of which a file is spoilt, or that somebody copied files into."""
    run = folder / "a run"
    shutil.copytree(RUN, run)
    names = ["config.yaml", "history.csv", "scores.csv", "scorecard.json", "records.json"]
    files = [run / name for name in names] + sorted((run / "checkpoints").glob("epoch*"))[-1:]
    victim = files[int(rng.integers(len(files)))]
    if rng.integers(4) == 0:
        shutil.copy(victim, run / "checkpoints" / f"epoch_00003_backup_{victim.name}.weights.h5")
    else:
        victim.write_bytes(spoil(victim.read_bytes(), rng))
    resume = "train.py", ["--resume", f"--output={run}", "--epochs=3"]
    drawn = "sample", [str(run), f"--num={[2, -1, 10**12][int(rng.integers(3))]}", f"--output={folder / 'x.npz'}"]
    command, given = [resume, ("evaluate.py", [str(run), "--reuse"]), drawn][int(rng.integers(3))]
    return f"run's {victim.name}", command, given


GAN = ["--model=gan", "--model.width=0.05", "--batch_size=2", "--epochs=1"]
GENERATORS: dict[Callable, int] = {configs: 4, options: 4, arrays: 5, images: 3, prepared: 2, runs: 2}  # and how often
TFDS = RUN = Path()  # made once


def prepare(folder: Path) -> None:
    """Make the TFDS folder and the run that are spoilt."""
    global TFDS, RUN
    TFDS, RUN = folder / "tfds", folder / "run"
    CampaignTiny(data_dir=TFDS).download_and_prepare()
    small = ["--evaluation.samples=20", "--evaluation.trade_off_samples=0", "--evaluation.inception=none"]
    assert (
        run_command(train.command, ["--dataset=toy3x3", *GAN[:2], "--epochs=2", *small, f"--output={RUN}"], "train.py")
        == 0
    )


def outcome(trial: Trial, folder: Path) -> tuple[str, str]:
    """Run a trial and return "refused", "taken" or what was wrong, and what was said."""
    _, command, arguments = trial
    there = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    out, err, started = io.StringIO(), io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run_command(COMMANDS[command], arguments, command)
        except Accepted:
            return "taken", ""
        except BaseException as error:
            return f"raised {type(error).__name__}", str(error)[:300]
    said = [line for line in err.getvalue().splitlines() if "error:" in line]
    if code == 0:
        return "taken", ""
    if code != 2 or len(said) != 1 or "Traceback" in err.getvalue():
        return f"exit code {code}, {len(said)} lines", err.getvalue()[-300:]
    if len(said[0]) > LONGEST or not said[0].isprintable():
        return "an unreadable line", said[0][:100]
    if time.monotonic() - started > SLOWEST:
        return f"took {time.monotonic() - started:.0f} s", said[0]
    if [path for path, content in there.items() if not path.is_file() or path.read_bytes() != content]:
        return "lost a file", said[0]
    if (folder / "run").exists() and any((folder / "run").iterdir()):
        return "left something", said[0]
    return "refused", said[0]


def campaign(count: int, seed: int, folder: Path, verbose: bool = False) -> list[str]:
    """Run the trials, print their counts by kind, and return those that were not well."""

    def would_begin(*args: object, **kwargs: object) -> None:
        raise Accepted

    prepare(folder)
    before, runner._train_and_measure = runner._train_and_measure, would_begin
    rng, counts, wrong = np.random.default_rng(seed), Counter(), []
    chances = np.array(list(GENERATORS.values())) / sum(GENERATORS.values())
    try:
        for number in range(count):
            place = folder / f"trial {number}"
            place.mkdir()
            generator = list(GENERATORS)[rng.choice(len(GENERATORS), p=chances)]
            trial = generator(rng, place)
            found, said = outcome(trial, place)
            counts[generator.__name__, found if found in ("refused", "taken") else "wrong"] += 1
            if verbose:
                print(f"{number + 1:3} {trial[0]}: {found}: {said}", flush=True)
            if found not in ("refused", "taken"):
                wrong.append(f"{trial[0]}: {found}: {said} ({' '.join(trial[2])[:300]})")
            shutil.rmtree(place, ignore_errors=True)
    finally:
        runner._train_and_measure = before
    for (kind, found), many in sorted(counts.items()):
        print(f"{kind:10} {found:8} {many:4}")
    print(f"{count - len(wrong)} of {count} well")
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    options_given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        found = campaign(options_given.count, options_given.seed, Path(work), options_given.verbose)
        print(*found, sep="\n")
        sys.exit(bool(found))
