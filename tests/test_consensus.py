"""Consensus of several clusterings: groups by votes, clusters by looks."""

import numpy as np
import pytest

from tfgmmgan.consensus import _exchange, _join, _vote_links, consensus, link_information


def pictures(labels, rng):
    """Four patterns on 40x40 pixels, with noise: larger than what is compared, so they are shrunk."""
    patterns = rng.uniform(-1, 1, (4, 10, 10)).repeat(4, axis=1).repeat(4, axis=2)
    return np.clip(patterns[labels][..., None] + 0.1 * rng.normal(size=(len(labels), 40, 40, 1)), -1, 1).astype("f4")


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
    assert same_partition(found(votes, *consensus(votes, pictures(labels, rng), 4, seed=0)), labels)


def test_a_group_that_the_voters_put_anywhere_goes_where_it_looks_alike():
    """Half of label 3 is a group apart for the voters, who put it with 0, with 1 or with 2; in pixels it is a 3."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 600)
    apart = (labels == 3) & (rng.random(600) < 0.5)
    votes = np.concatenate([votes_for(np.where(apart, head % 3, labels), 1, rng) for head in range(9)], axis=1)
    assert same_partition(found(votes, *consensus(votes, pictures(labels, rng), 4, seed=0)), labels)


def test_clusters_may_be_of_any_size():
    rng = np.random.default_rng(2)
    labels = rng.choice(4, 1200, p=[0.5, 0.3, 0.17, 0.03])
    votes = votes_for(labels, 9, rng)
    assert same_partition(found(votes, *consensus(votes, pictures(labels, rng), 4, seed=0)), labels)


def test_few_examples_are_grouped_as_they_are():
    rng = np.random.default_rng(3)
    labels = np.arange(16) % 4
    centres, clusters = consensus(votes_for(labels, 5, rng), pictures(labels, rng), 4, seed=0)
    assert centres.shape == (4, 20) and sorted(clusters) == [0, 1, 2, 3]


def some_links(rng, groups):
    links = rng.random((groups, groups))
    return links + links.T


def test_the_links_information_is_what_its_definition_says():
    rng = np.random.default_rng(4)
    links, clusters, expected = some_links(rng, 7), np.array([0, 1, 2, 0, 1, 2, 2]), 0.0
    share = links / links.sum()
    for j in range(3):
        for k in range(3):
            both = share[clusters == j][:, clusters == k].sum()
            expected += both * np.log(both / (share[clusters == j].sum() * share[clusters == k].sum()))
    assert link_information(links, clusters, 3) == pytest.approx(expected)
    assert link_information(np.eye(6), np.arange(6) // 2, 3) == pytest.approx(np.log(3))
    assert link_information(np.ones((6, 6)), np.arange(6) // 2, 3) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("price", [0.0, 0.6])
def test_no_single_move_betters_what_the_exchange_finds(price):
    rng = np.random.default_rng(6)
    links, start = some_links(rng, 9) + 5 * price * np.eye(9), rng.integers(0, 3, 9)
    clusters, information = _exchange(links, start, 3, price)
    assert information == pytest.approx(link_information(links, clusters, 3, price))
    assert information > link_information(links, start, 3, price)
    for group in range(9):
        for cluster in range(3):
            other = clusters.copy()
            other[group] = cluster
            if not price or set(other) == {0, 1, 2}:  # without a price no cluster gains by losing its last group
                assert link_information(links, other, 3, price) <= information + 1e-6


def test_entropy_has_its_price():
    links, clusters = some_links(np.random.default_rng(7), 7), np.array([0, 1, 2, 0, 1, 2, 2])
    weights = np.array([links[clusters == k].sum() for k in range(3)]) / links.sum()
    expected = link_information(links, clusters, 3) + 0.4 * (weights * np.log(weights)).sum()
    assert link_information(links, clusters, 3, 0.4) == pytest.approx(expected)


@pytest.mark.parametrize(("least", "sizes"), [(0.0, [1, 1, 6]), (0.25, [2, 2, 4])])
def test_no_cluster_loses_its_last_group_or_comes_below_the_least_share(least, sizes):
    """Where links say nothing, only the price counts: all groups but these go to one cluster."""
    clusters, _ = _exchange(np.ones((8, 8)), np.array([0, 0, 0, 1, 1, 1, 2, 2]), 3, 0.6, least)
    assert sorted(np.bincount(clusters)) == sizes


def test_a_price_keeps_a_frequent_label_whole_beside_rare_ones():
    """Groups 0-3 are a loose frequent label, 4 and 5 rare ones that are linked a little."""
    links = np.zeros((6, 6))
    links[:2, :2] = links[2:4, 2:4] = 40.0
    links[:2, 2:4] = links[2:4, :2] = 20.0
    links[4, 4] = links[5, 5] = 4.0
    links[4, 5] = links[5, 4] = 1.0
    start = np.array([0, 0, 1, 1, 2, 2])
    assert same_partition(_exchange(links, start, 3)[0], start)
    assert same_partition(_exchange(links, np.array([0, 0, 0, 0, 1, 2]), 3, 0.6)[0], np.array([0, 0, 0, 0, 1, 2]))
    whole, halved = (link_information(links, np.array(c), 3, 0.6) for c in ([0, 0, 0, 0, 1, 2], start))
    assert whole > halved


@pytest.mark.parametrize(("price", "least"), [(0.0, 0.0), (0.6, 0.0), (0.6, 0.15)])
def test_groups_are_joined_by_what_each_joining_costs(price, least):
    links = some_links(np.random.default_rng(8), 12) ** 4 + np.diag(np.linspace(0, 6, 12))
    joined = np.arange(12)
    while joined.max() >= 4:
        weights = np.array([links[joined == k].sum() for k in range(joined.max() + 1)]) / links.sum()
        found = []
        for one in range(joined.max() + 1):
            for other in range(one):
                if min(weights[one], weights[other]) < least or min(weights) >= least:
                    both = np.where(joined == one, other, joined - (joined > one))
                    found.append((link_information(links, both, joined.max(), price), both))
        joined = max(found, key=lambda pair: pair[0])[1]
    assert same_partition(_join(links, 4, price, least), joined)


def test_what_lies_apart_is_a_cluster_unless_it_is_too_little():
    """Groups 0 and 1 are a frequent label, 2 another, 3 and 4 a rare one that looks like the first, 5 lies apart."""
    links = np.full((6, 6), 0.001)
    links[:2, :2] += [[20, 10], [10, 20]]
    links[2, 2] += 30
    links[3:5, 3:5] += [[2, 1], [1, 2]]
    links[:2, 3:5] += 0.5
    links[3:5, :2] += 0.5
    links[5, 5] += 1
    for least, expected in ((0.0, [0, 0, 1, 0, 0, 2]), (0.03, [0, 0, 1, 2, 2, 2])):
        clusters, _ = _exchange(links, _join(links, 3, 0.65, least), 3, 0.65, least)
        assert same_partition(clusters, np.array(expected))


def test_with_a_price_a_rare_label_is_found_beside_a_frequent_one_that_heads_halve():
    rng = np.random.default_rng(9)
    labels = rng.choice(4, 4000, p=[0.5, 0.3, 0.175, 0.025])
    votes = []
    for head in range(8):
        said = np.where((labels == 3) & (head % 2 == 0), 0, labels)
        said = np.where((labels == 0) & (rng.random(4000) < 0.5), 5, said)
        votes.append(np.eye(8)[rng.permutation(8)][said])
    votes = np.concatenate(votes, axis=1).astype("f4")
    clusters = found(votes, *consensus(votes, pictures(labels, rng), 4, seed=0, entropy_price=0.65))
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
