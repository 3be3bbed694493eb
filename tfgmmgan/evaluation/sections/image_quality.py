"""How generated examples compare with real ones, for each way to draw and each network."""

from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.display import SAMPLERS, Runs, html, text_table
from tfgmmgan.evaluation.metrics.image_quality import compare_features
from tfgmmgan.evaluation.metrics.quality_diversity import PAIRS_FROM, quality_diversity
from tfgmmgan.evaluation.networks.feature_network import collect
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.evaluation.samplers import BATCH, samplers
from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.subject import Subject

__all__ = ["ImageQuality"]

SCORES = {  # by name in the scorecard: digits
    "frechet_distance": 3,
    "kernel_distance": 4,
    "precision": 3,
    "recall": 3,
    "density": 3,
    "coverage": 3,
    "score": 2,
}
JUDGED = {  # of `quality_diversity`: titles in the report
    "quality": "quality",
    "intra": "intra-class diversity",
    "inter": "inter-class diversity",
    "diversity": "diversity",
    "combined": "combined",
}
INCEPTION_TITLES = {"Fréchet distance": "FID", "kernel distance": "KID"}


class ImageQuality(Section):
    """`image_quality`, by sampler and network `compare_features` with real training examples.

    `networks` says what the networks are, `floor` compares real test examples with real training examples the same way,
    and for a classifier's features `quality_diversity` stands beside, with what it depends on, for each sampler and
    (`real`) for the test split.
    """

    name = "image_quality"
    compared = rf"(image_quality|floor)\..+\.({'|'.join(SCORES)})|quality_diversity\.samplers\..+\.combined"

    def measure(self, subject: Subject) -> dict:
        """Return `image_quality`, `floor`, `networks`, `seed` and `quality_diversity`."""
        n, networks, settings = subject.num_compared, subject.networks, subject.quality_settings
        asked = subject.options.samples is not None  # a protocol's number, whatever there is of real ones
        real = {network.name: subject.real(network, "train", n) for network in networks}
        floor = {}
        for network in progress(networks, "comparing real with real", unit="network"):
            test = subject.real(network, "test", n)
            floor[network.name] = compare_features(real[network.name].spread(len(test)), test)
        found: dict = {}
        judged: dict = {}
        for name, draw in samplers(subject.model, subject.data).items():
            total = -(-subject.num_generated // BATCH)
            drawn = progress(draw(subject.num_generated, subject.seed), f"drawing, {name}", total, "batch")
            features, images = collect(networks, drawn, keep=PAIRS_FROM)
            found[name] = {}
            for network in progress(networks, f"comparing, {name}", unit="network"):
                generated = features[network.name]
                as_many = real[network.name].spread(len(generated))
                found[name][network.name] = compare_features(as_many, generated, all_generated=asked)
            if settings:
                sample = features["classifier"][slice(n)]
                judged[name] = quality_diversity(sample, images, subject.reference.values, settings["constant"])
        card = {
            "image_quality": found,
            "floor": floor,
            "networks": {network.name: network.about for network in networks},
            "seed": subject.seed,
        }
        if settings:
            test = subject.real(subject.judge, "test", n)
            images = to_float(subject.data.test.draw(PAIRS_FROM)).numpy()
            judged["real"] = quality_diversity(test, images, subject.reference.values, settings["constant"])
            card["quality_diversity"] = {**settings, "num": n, "samplers": judged}
        return card

    def table(self, card: dict) -> str:
        """Return the scores by network and sampler."""
        runs, tables = Runs([card], missing=""), []
        for network, about in card["networks"].items():
            titles = [name.removesuffix("_distance").upper() for name in SCORES]
            nums = [found[network]["num"] for found in (*card["image_quality"].values(), card["floor"])]
            title = f"{network}, N = {nums[0]}" + (f", of real ones {nums[-1]}" if len(set(nums)) > 1 else "")
            facts = "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in about.items())
            shown = text_table(title, titles, runs.rows(SAMPLERS, _paths(card, network), SCORES), 48, 11)
            tables.append(f"{facts}\n{shown}" if facts else shown)
        if "quality_diversity" in card:
            settings = card["quality_diversity"]
            title = f"GM-GAN, section 3.2, a = {settings['constant']:.4g}, N = {settings['num']}"
            tables.append(text_table(title, map(str.upper, JUDGED), _judged_rows(runs), 48, 11))
        return "\n\n".join(tables)

    def protocol(self, card: dict, path: str) -> str:
        """Return the network, the sampler and how many examples."""
        if not path.startswith("image_quality."):
            return ""
        _, sampler, network, _ = path.split(".")
        found = card.get("image_quality", {}).get(sampler, {}).get(network)
        if not found:
            return ""
        about = ", ".join(f"{key} {value}" for key, value in card["networks"][network].items())
        return (
            f"{network} ({about}), samples from {SAMPLERS[sampler]}, Fréchet distance from "
            f"{found.get('num_generated', found['num'])} generated and {found['num']} training examples, score over "
            f"{found.get('num_scored', found['num'])} at once"
        )

    def tiles(self, runs: Runs) -> list[tuple[str, str]]:
        """Return the first sampler's Fréchet distance by each network, and the floor's."""
        sampler = next(iter(runs.card["image_quality"]))
        found = []
        for network in runs.card["networks"]:
            name = "FID" if network == "inception" else f"Fréchet distance, {network}"
            real = runs.number(f"floor.{network}.frechet_distance", 2)
            number = runs.number(f"image_quality.{sampler}.{network}.frechet_distance", 2)
            found.append((number, f"{name} (real: {real})"))
        return found

    def block(self, runs: Runs) -> str:
        """Show the scores by network and sampler, and quality and diversity."""
        card, parts = runs.card, []
        for network, about in card["networks"].items():
            floor, first = card["floor"][network], next(iter(card["image_quality"].values()))[network]
            facts = "".join(
                f"{key.replace('_', ' ')} {f'{value:.4f}' if isinstance(value, float) else value}; "
                for key, value in about.items()
            )
            many = first.get("num_generated", first["num"])
            title = (
                f"{network.capitalize()}: {facts}N = {first['num']:,}"
                + (f", of generated ones {many:,} in the distance" if many != first["num"] else "")
                + (f", of the last row {floor['num']:,}" if floor["num"] != first["num"] else "")
                + f", {floor['neighbours']} neighbours, {floor['coverage_neighbours']} for density and coverage"
            )
            scores = {name: digits for name, digits in SCORES.items() if name in floor or name != "score"}
            columns = [name.replace("_", " ").replace("frechet", "Fréchet") for name in scores]
            if network == "inception":
                columns = [INCEPTION_TITLES.get(column, column) for column in columns]
            rows = runs.rows(SAMPLERS, _paths(card, network), scores)
            parts += [html.heading(title), html.table(["sampler", *columns], rows, floor=[SAMPLERS["floor"]])]
            if "score" in floor:
                parts.append(html.note(f"The score is over {first['num_scored']:,} generated examples at once."))
        about = (
            "Against the training split, as many generated as real examples where nothing else is said. The last row, "
            "real test examples, is what a perfect generator would get. Distances are biased at small N: compare only "
            "what has the same N and network."
        )
        return html.block("Generated against real", html.note(about), *parts) + _quality_block(runs)


def _paths(card: dict, network: str) -> dict[str, str]:
    """Return by sampler, and for the floor, where the scores by a network's features stand."""
    return {name: f"image_quality.{name}.{network}" for name in card["image_quality"]} | {"floor": f"floor.{network}"}


def _judged_rows(runs: Runs) -> dict[str, list[str]]:
    samplers = runs.card["quality_diversity"]["samplers"]
    paths = {"floor" if name == "real" else name: f"quality_diversity.samplers.{name}" for name in samplers}
    return runs.rows(SAMPLERS, paths, dict.fromkeys(JUDGED, 3))


def _quality_block(runs: Runs) -> str:
    settings = runs.card.get("quality_diversity")
    if settings is None:
        return ""
    scales, window = settings["ms_ssim"]["scales"], settings["ms_ssim"]["window"]
    about = (
        f"GM-GAN, section 3.2, by the classifier's features. a = {settings['constant']:.4g}, "
        f"{settings['num_reference']:,} training examples, {settings['num_pairs']:,} pairs from "
        f"{settings['pairs_from']:,} images at most, MS-SSIM with {scales} scale{'s' if scales > 1 else ''} and a "
        f"window of {window} pixels, seed {runs.card['seed']}, N = {settings['num']:,}."
    )
    shown = html.table(["sampler", *JUDGED.values()], _judged_rows(runs), floor=[SAMPLERS["floor"]])
    return html.block("Quality and diversity", html.note(about), shown)
