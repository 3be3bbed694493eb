"""What options of the GAN do to samples, from one pretrained C; nothing is pretrained twice.

python -m benchmarks.generation --seeds 101 --held_out 10000 --epochs 5 \
    --each "losses.diversity=0.5" "losses.diversity=1 optimizers.learning_rate=4e-4"

For each seed C is pretrained once, without refinement. Then a GAN is trained with that C for each set of options, over
the dataset's config, for so many epochs. Measured as in benchmarks.ablation, on the test split, or on the last training
images where these are held out, as for tuning. Labels are used for these numbers alone.
"""

import argparse
import os
from pathlib import Path

from benchmarks.ablation import scores
from benchmarks.pretraining import hold_out, options_in_yaml
from benchmarks.scores import write_scores
from benchmarks.training import train
from tfgmmgan import load_data, make_config
from tfgmmgan.evaluation import EvaluationOptions, make_scorecard

COLUMNS = {
    "algorithm_2_acc": "A2 ACC",
    "frechet_distance": "FRECHET",
    "precision": "PREC",
    "recall": "RECALL",
    "mode_recall": "OF MODES",
}


def main(arguments: list[str] | None = None) -> dict:
    """Train, print a row for each run, write scores; return them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist", help="with classes, held in memory (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[100])
    parser.add_argument("--held_out", type=int, default=0, metavar="N", help="measure on the last training examples")
    parser.add_argument("--epochs", type=int, default=5, help="of each GAN (default: %(default)s)")
    parser.add_argument("--options", nargs="*", default=[], metavar="NAME=VALUE", help="of all runs, values in YAML")
    parser.add_argument("--each", nargs="+", default=[""], metavar="'NAME=VALUE ...'", help="of one run, for each")
    parser.add_argument("--output", type=Path, help="directory for scores.json")
    options = parser.parse_args(arguments)
    data = load_data(options.dataset)
    if options.held_out:
        data = hold_out(data, options.held_out)
    asked = ("dataset", "held_out", "epochs", "options")
    found: dict = {name: getattr(options, name) for name in asked} | {"load_average": os.getloadavg()[0], "runs": []}
    print(f"{'seed':>5}" + "".join(f"{title:>10}" for title in COLUMNS.values()) + "  options")
    for seed in options.seeds:
        common = {"epochs": options.epochs, "pretraining.refinement_rounds": 0} | options_in_yaml(options.options)
        pretrained, _ = train(make_config("gmmgan", options.dataset, seed=seed, **common), data, pretraining_alone=True)
        weights = pretrained.classifier.get_weights()
        for each in options.each:
            config = make_config("gmmgan", options.dataset, seed=seed, **common | options_in_yaml(each.split()))
            model, seconds = train(config, data, classifier_weights=weights)
            about = {"name": each, "minutes": seconds / 60, "config": {"dataset": options.dataset, "seed": seed}}
            card = make_scorecard(model, data, about, EvaluationOptions(inception="none", trade_off_samples=0))
            row = {"seed": seed, "options": each, "minutes": seconds / 60, **scores(card)}
            found["runs"].append(row)
            print(f"{seed:>5}" + "".join(f"{row[name]:>10.4f}" for name in COLUMNS) + f"  {each}", flush=True)
            write_scores(found, options.output)
    return found


if __name__ == "__main__":
    main()
