"""Consensus of several clusterings: groups by votes, clusters by looks."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

import tfgmmgan.consensus
from tfgmmgan.consensus import NEIGHBOURS, _links, _vote_links, clusters_by_looks, consensus
from tfgmmgan.evaluation import cluster_scores
from tfgmmgan.likeness import Looks, nearest_rows
from tfgmmgan.link_clusters import exchange, is_large_enough, join, link_information, regroup


def pictures(labels, rng):
    """Four patterns on 40x40 pixels, with noise: larger than what is compared, so they are shrunk."""
    patterns = rng.uniform(-1, 1, (4, 10, 10)).repeat(4, axis=1).repeat(4, axis=2)
    return np.clip(patterns[labels][..., None] + 0.1 * rng.normal(size=(len(labels), 40, 40, 1)), -1, 1).astype("f4")


def neighbours(labels, rng):
    return nearest_rows(Looks(pictures(labels, rng)).rows, NEIGHBOURS)


def votes_for(labels, heads, rng):
    """One-hot votes of heads that name the four labels in orders of their own, a tenth of them wrong."""
    votes = []
    for _ in range(heads):
        said = np.where(rng.random(len(labels)) < 0.1, rng.integers(0, 4, len(labels)), labels)
        votes.append(np.eye(4)[rng.permutation(4)][said])
    return np.concatenate(votes, axis=1).astype("f4")


def found(votes, centres, clusters):
    return clusters[((votes[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)]


def same_partition(one, other):
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


def test_heads_that_are_right_nine_times_in_ten_agree_on_the_truth():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 600)
    votes = votes_for(labels, 9, rng)
    assert same_partition(found(votes, *consensus(votes, neighbours(labels, rng), 4, seed=0)), labels)


def test_a_group_that_the_voters_put_anywhere_goes_where_it_looks_alike():
    """Half of label 3 is a group apart for the voters, who put it with 0, with 1 or with 2; in pixels it is a 3."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 600)
    apart = (labels == 3) & (rng.random(600) < 0.5)
    votes = np.concatenate([votes_for(np.where(apart, head % 3, labels), 1, rng) for head in range(9)], axis=1)
    centres, of_groups = consensus(votes, neighbours(labels, rng), 4, seed=0)
    groups = found(votes, centres, np.arange(len(centres)))
    most = np.array([np.bincount(labels[groups == group]).argmax() for group in range(len(centres))])
    assert same_partition(of_groups, most)  # every group is where its images belong
    clusters = of_groups[groups]
    assert cluster_scores(labels, clusters)["acc"] > 0.99  # an odd image may be in a group of another label's


def test_clusters_may_be_of_any_size():
    rng = np.random.default_rng(2)
    labels = rng.choice(4, 1200, p=[0.5, 0.3, 0.17, 0.03])
    votes = votes_for(labels, 9, rng)
    assert same_partition(found(votes, *consensus(votes, neighbours(labels, rng), 4, seed=0)), labels)


def test_few_examples_are_grouped_as_they_are():
    rng = np.random.default_rng(3)
    labels = np.arange(16) % 4
    centres, clusters = consensus(votes_for(labels, 5, rng), neighbours(labels, rng), 4, seed=0)
    assert centres.shape == (4, 20) and sorted(clusters) == [0, 1, 2, 3]


def test_with_a_price_a_rare_label_is_found_beside_a_frequent_one_that_heads_halve():
    rng = np.random.default_rng(9)
    labels = rng.choice(4, 4000, p=[0.5, 0.3, 0.175, 0.025])
    votes = []
    for head in range(8):
        said = np.where((labels == 3) & (head % 2 == 0), 0, labels)
        said = np.where((labels == 0) & (rng.random(4000) < 0.5), 5, said)
        votes.append(np.eye(8)[rng.permutation(8)][said])
    votes = np.concatenate(votes, axis=1).astype("f4")
    clusters = found(votes, *consensus(votes, neighbours(labels, rng), 4, seed=0, entropy_price=0.65))
    assert same_partition(clusters, labels)


def test_votes_link_groups_that_are_alike():
    rng = np.random.default_rng(5)
    centres = rng.dirichlet(np.ones(4), (3, 2)).reshape(3, 8)  # two voters of four answers each
    links = _vote_links(np.array([0, 0, 1, 2, 2, 2]), centres)
    coefficient = [
        [np.mean([np.sqrt(a[i : i + 4] * b[i : i + 4]).sum() for i in (0, 4)]) for b in centres] for a in centres
    ]
    expected = np.array(coefficient) ** 4 * np.outer([2, 1, 3], [2, 1, 3])
    np.testing.assert_allclose(links, expected / expected.sum(), rtol=1e-6)


def test_images_that_look_alike_are_one_cluster_with_nobody_voting(monkeypatch):
    counts = []
    monkeypatch.setattr(
        tfgmmgan.consensus, "KMeans", lambda count, **rest: counts.append(count) or KMeans(count, **rest)
    )
    rng = np.random.default_rng(5)
    labels = rng.choice(4, 900, p=[0.4, 0.3, 0.2, 0.1])
    rows = Looks(pictures(labels, rng), "outlines").rows
    clusters = clusters_by_looks(rows, nearest_rows(rows, NEIGHBOURS), 4, seed=0)
    assert counts[0] == 30 and clusters.shape == (900,)  # groups of 30 images, then joined
    assert same_partition(clusters, labels)


def test_of_few_rows_each_is_a_cluster():
    rows = np.repeat(np.eye(3), 4, axis=0)
    clusters = clusters_by_looks(rows, nearest_rows(rows, NEIGHBOURS), 4, seed=0)
    assert same_partition(clusters, np.repeat([0, 1, 2], 4))


def test_of_several_groupings_the_clusters_are_taken_by_which_images_are_likeliest(monkeypatch):
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 2, 400)
    rows = rng.normal(size=(400, 8)) * [10, *7 * [0.1]]
    rows[:, 1] += 4 * labels
    across, seeds = (rows[:, 0] > 0).astype(int), []

    def clusterings(rows, neighbours, num_clusters, seed, entropy_price):
        seeds.append(seed)
        yield across, 0.7
        if seed != 3:
            yield labels, 0.6  # found by the second grouping alone, with less information

    monkeypatch.setattr(tfgmmgan.consensus, "_clusterings", clusterings)
    near = nearest_rows(rows, NEIGHBOURS)
    np.testing.assert_array_equal(clusters_by_looks(rows, near, 2, seed=3), across)
    np.testing.assert_array_equal(clusters_by_looks(rows, near, 2, seed=3, groupings=2), labels)
    assert seeds[:2] == [3, 3] and len(set(seeds)) == 2


def test_several_groupings_find_what_one_does_where_it_is_clear():
    rng = np.random.default_rng(7)
    labels = rng.choice(4, 900, p=[0.4, 0.3, 0.2, 0.1])
    rows = Looks(pictures(labels, rng), "outlines").rows
    clusters = clusters_by_looks(rows, nearest_rows(rows, NEIGHBOURS), 4, seed=0, groupings=2)
    assert same_partition(clusters, labels)


def rows_with_outliers(seed):
    """1,190 of one cloud, and 7 and 3 far from it and from each other."""
    rng = np.random.default_rng(seed)
    apart = [rng.normal(place, 0.2, (count, 4)) for count, place in ((7, 60), (3, -60))]
    return np.concatenate([rng.normal(size=(1190, 4)), *apart]).astype("f4")


@pytest.mark.parametrize("groupings", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_few_that_lie_apart_are_no_cluster_under_a_price(seed, groupings):
    """K-means begins with the outliers apart, which says most and is less than the least share of the links."""
    rows = rows_with_outliers(seed)
    near = nearest_rows(rows, NEIGHBOURS)
    clusters = clusters_by_looks(rows, near, 5, seed, entropy_price=0.8, groupings=groupings)
    assert is_large_enough(_links(clusters, near, 5), np.arange(5), 5, 0.08 / 5)


def test_regrouping_makes_no_cluster_that_is_too_small():
    rows, least = rows_with_outliers(0), 0.08 / 5
    groups = KMeans(40, n_init=1, max_iter=30, random_state=0).fit_predict(rows)
    links = _links(groups, nearest_rows(rows, NEIGHBOURS), 40)
    start, _ = exchange(links, join(links, 5, 0.8, least), 5, 0.8, least)
    clusters, information = regroup(links, start, 5, 0.8, least)
    assert is_large_enough(links, start, 5, least) and is_large_enough(links, clusters, 5, least)
    assert information >= link_information(links, start, 5, 0.8)
