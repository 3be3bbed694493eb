"""Clusters of linked groups."""

import numpy as np
import pytest

from tfgmmgan.clustering.links import exchange, is_large_enough, join, link_information, regroup


def same_partition(one, other):
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


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
    clusters, information = exchange(links, start, 3, price)
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
    clusters, _ = exchange(np.ones((8, 8)), np.array([0, 0, 0, 1, 1, 1, 2, 2]), 3, 0.6, least)
    assert sorted(np.bincount(clusters)) == sizes


def test_a_price_keeps_a_frequent_label_whole_beside_rare_ones():
    """Groups 0-3 are a loose frequent label, 4 and 5 rare ones that are linked a little."""
    links = np.zeros((6, 6))
    links[:2, :2] = links[2:4, 2:4] = 40.0
    links[:2, 2:4] = links[2:4, :2] = 20.0
    links[4, 4] = links[5, 5] = 4.0
    links[4, 5] = links[5, 4] = 1.0
    start = np.array([0, 0, 1, 1, 2, 2])
    assert same_partition(exchange(links, start, 3)[0], start)
    assert same_partition(exchange(links, np.array([0, 0, 0, 0, 1, 2]), 3, 0.6)[0], np.array([0, 0, 0, 0, 1, 2]))
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
    assert same_partition(join(links, 4, price, least), joined)


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
        clusters, _ = exchange(links, join(links, 3, 0.65, least), 3, 0.65, least)
        assert same_partition(clusters, np.array(expected))


def test_joining_and_halving_mends_what_no_single_move_does():
    """Labels 0 and 1 share a cluster and label 2, of two pairs that hold together, is in two: no single move pays."""
    labels = np.arange(16) // 4
    links = np.where(labels[:, None] == labels, 1.0, 0.02)
    links[8:10, 8:10] += 2
    links[10:12, 10:12] += 2
    start = np.array([0] * 8 + [1, 1, 2, 2] + [3] * 4)
    assert same_partition(exchange(links, start, 4)[0], start)
    for price in (0.0, 0.3):
        found, better = regroup(links, start, 4, price)
        assert same_partition(found, labels)
        assert better == pytest.approx(link_information(links, labels, 4, price))


def test_regrouping_leaves_what_is_best_and_keeps_all_clusters():
    links = some_links(np.random.default_rng(11), 10) + 20 * np.eye(10)
    clusters, information = regroup(links, exchange(links, np.arange(10) % 3, 3)[0], 3)
    assert set(clusters) == {0, 1, 2} and information == pytest.approx(link_information(links, clusters, 3))
    again, same = regroup(links, clusters, 3)
    assert same == information and np.array_equal(again, clusters)


def test_a_cluster_is_large_enough_by_its_links():
    links = np.diag([2.0, 1.0, 1.0])
    clusters = np.array([0, 1, 1])
    assert is_large_enough(links, clusters, 2, 0.5) and not is_large_enough(links, clusters, 2, 0.51)
    assert not is_large_enough(links, clusters, 3, 0.01), "one has no group at all"
