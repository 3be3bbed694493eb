"""What a report's scores mean and which way is better, a sentence each."""

import re

__all__ = ["MEANINGS", "meaning"]

ACC = "Share of the images in the mode of their class, each mode standing for one class. More is better, 1 is all."
NMI = "How much the modes tell about the classes, from 0, nothing, to 1, all. More is better."
DISTANCE = (
    "How far generated images as a whole are from real ones, by the features of a network. Less is better; what real "
    "images get is as good as can be."
)
KERNEL = "As the Fréchet distance, by another formula, which few images do not bias. Less is better."

MEANINGS = {  # by title
    "modes in use": "Modes that some of the images lie in. All is best.",
    "ACC": ACC,
    "purity": "Share of the images in modes' commonest classes. More is better, but many modes alone make it high.",
    "NMI": NMI,
    "NMI (arithmetic)": f"{NMI} As scikit-learn has it by default.",
    "ARI": "How well pairs in one mode are pairs of one class, 0 by chance, 1 at best. More is better.",
    "calibration error": "How far p(k | x) is from how often it is right. Less is better, 0 is best.",
    "Fréchet distance": DISTANCE,
    "Fréchet": DISTANCE,
    "FID": DISTANCE,
    "kernel distance": KERNEL,
    "KID": KERNEL,
    "precision": "Share of the generated images that lie among real ones. More is better.",
    "recall": "Share of the real images that lie among generated ones. More is better.",
    "density": "How thick real images lie around generated ones. About 1 is best.",
    "coverage": "Share of the real images that have a generated one near them. More is better.",
    "score": "High where each image is clearly of a class and all classes are there (Inception Score). More is better.",
    "quality": "How near the images are to training images; half of the real test images have 0.5. More is better.",
    "intra-class diversity": "How unlike each other the images are, 0 for copies. More is better.",
    "inter-class diversity": "How evenly the classes are drawn, 0 for one alone, 1 for all alike. More is better.",
    "diversity": "Both diversities in one. More is better.",
    "combined": "Quality and diversity in one. More is better.",
    "weight": "How often the mode is drawn.",
    "share": "How much of the test images is of the mode. Near its weight is better.",
    "entropy": "How unsure the model is of the mode's images, in nats. Less is better, 0 is sure.",
    "recovered by the model": "Share of images drawn from the mode that the model gives back to it. More is better.",
    "by Algorithm 2": "The same, by a classifier that learned from generated images alone. More is better.",
}


def meaning(title: str) -> str:
    """Return what a score means, by its title, of which a part after a comma or in brackets may be left out.

    An empty string where nothing is told.
    """
    return MEANINGS.get(title) or MEANINGS.get(re.split(r", | \(", title)[0], "")
