"""Rows to clusters, by links."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import mutual_info_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from tfgmmgan.clustering import LinkClustering, link_clustering, make_descriptor
from tfgmmgan.clustering.link_clustering import NEIGHBOURS
from tfgmmgan.clustering.links import exchange, is_large_enough, join, link_information, regroup
from tfgmmgan.clustering.nearest import nearest_rows
from tfgmmgan.evaluation import cluster_scores
from tfgmmgan.utils.errors import UserError


@parametrize_with_checks(
    [LinkClustering(random_state=0), LinkClustering(3, n_init=2, entropy_penalty=0.5, random_state=0)]
)
def test_it_is_a_scikit_learn_estimator(estimator, check):
    """scikit-learn itself skips one, `check_array_api_input`, where SciPy was not told SCIPY_ARRAY_API=1 before its
    import; it passes there.
    """
    check(estimator)


def pictures(labels, rng):
    """Four patterns on 40x40 pixels, with noise: larger than what is compared, so they are shrunk."""
    patterns = rng.uniform(-1, 1, (4, 10, 10)).repeat(4, axis=1).repeat(4, axis=2)
    return np.clip(patterns[labels][..., None] + 0.1 * rng.normal(size=(len(labels), 40, 40, 1)), -1, 1).astype("f4")


def pictured(labels, rng):
    """Rows by which such images are compared."""
    return make_descriptor("hog").fit_transform(pictures(labels, rng))


def same_partition(one, other):
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


def links_of(micro, neighbours, count):
    return link_clustering._links(micro, neighbours, count)


def test_links_are_the_shares_of_neighbouring_pairs():
    rng = np.random.default_rng(0)
    micro, neighbours, expected = rng.integers(0, 3, 20), rng.integers(0, 20, (20, 5)), np.zeros((3, 3))
    for row in range(20):
        for other in neighbours[row]:
            expected[micro[row], micro[other]] += 1 / 200
            expected[micro[other], micro[row]] += 1 / 200
    np.testing.assert_allclose(links_of(micro, neighbours, 3), expected)


def test_images_that_look_alike_are_one_cluster(monkeypatch):
    counts = []
    monkeypatch.setattr(link_clustering, "KMeans", lambda count, **rest: counts.append(count) or KMeans(count, **rest))
    rng = np.random.default_rng(5)
    labels = rng.choice(4, 900, p=[0.4, 0.3, 0.2, 0.1])
    clusters = LinkClustering(4, random_state=0).fit_predict(pictured(labels, rng))
    assert counts[0] == 30 and clusters.shape == (900,)  # micro-clusters of 30 rows, then joined
    assert same_partition(clusters, labels)


@pytest.mark.parametrize(
    ("rows", "clusters", "micro"), [(900, 4, 30), (2400, 4, 80), (15_000, 4, 100), (30_000, 4, 160), (16, 4, 4)]
)
def test_there_are_as_many_micro_clusters_as_their_sizes_allow(monkeypatch, rows, clusters, micro):
    counts = []
    monkeypatch.setattr(
        link_clustering, "KMeans", lambda count, **_: counts.append(count) or SimpleNamespace(fit=lambda _: None)
    )
    link_clustering._micro_clusters(np.random.default_rng(0).normal(size=(rows, 2)), clusters, 0)
    assert counts == [micro]


def test_clusters_may_be_of_any_size():
    rng = np.random.default_rng(2)
    labels = rng.choice(4, 1200, p=[0.5, 0.3, 0.17, 0.03])
    assert same_partition(LinkClustering(4, random_state=0).fit_predict(pictured(labels, rng)), labels)


def test_of_few_rows_each_is_a_cluster():
    rows = np.repeat(np.eye(3), 4, axis=0)
    clusters = LinkClustering(4, random_state=0).fit_predict(rows)
    assert same_partition(clusters, np.repeat([0, 1, 2], 4))
    rows = np.random.default_rng(3).normal(size=(4, 2))
    assert sorted(LinkClustering(4, random_state=0).fit_predict(rows)) == [0, 1, 2, 3]


def test_one_cluster_is_all_there_is():
    rows = np.random.default_rng(4).normal(size=(90, 2))
    model = LinkClustering(1, random_state=0).fit(rows)
    assert not model.labels_.any() and not model.predict(rows + 9).any()


@pytest.mark.parametrize("information", [0.69, 0.6])
def test_of_several_sets_clusters_as_informative_are_taken_by_which_rows_are_likeliest(information, monkeypatch):
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 2, 400)
    rows = rng.normal(size=(400, 8)) * [10, *7 * [0.1]]
    rows[:, 1] += 4 * labels
    across, seeds = (rows[:, 0] > 0).astype(int), []

    def clusterings(self, micro, seed):
        seeds.append(seed)
        yield across, 0.7
        if seed != 3:
            yield labels, information  # found by the second set alone, with somewhat or far less

    single = SimpleNamespace(labels_=np.arange(400), cluster_centers_=rows)  # each row is a micro-cluster
    monkeypatch.setattr(link_clustering, "_micro_clusters", lambda rows, n_clusters, seed: single)
    monkeypatch.setattr(LinkClustering, "_clusterings", clusterings)
    np.testing.assert_array_equal(LinkClustering(2, random_state=3).fit_predict(rows), across)
    expected = labels if information > 0.7 - link_clustering.ALIKE else across
    np.testing.assert_array_equal(LinkClustering(2, n_init=2, random_state=3).fit_predict(rows), expected)
    assert seeds[:2] == [3, 3] and len(set(seeds)) == 2


def test_several_sets_find_what_one_does_where_it_is_clear():
    rng = np.random.default_rng(7)
    labels = rng.choice(4, 900, p=[0.4, 0.3, 0.2, 0.1])
    assert same_partition(LinkClustering(4, n_init=2, random_state=0).fit_predict(pictured(labels, rng)), labels)


def test_with_a_penalty_a_rare_kind_is_found_beside_a_frequent_one_that_would_be_halved():
    rng = np.random.default_rng(9)
    labels = rng.choice(4, 3000, p=[0.7, 0.15, 0.125, 0.025])
    centres, spread = np.array([[0, 0, 0], [12, 0, 0], [0, 12, 0], [0, 0, 12]]), np.array([2.0, 1, 1, 1])
    rows = centres[labels] + spread[labels, None] * rng.normal(size=(3000, 3))
    assert cluster_scores(labels, LinkClustering(4, random_state=0).fit_predict(rows))["acc"] < 0.5
    penalised = LinkClustering(4, entropy_penalty=0.8, random_state=0)
    assert same_partition(penalised.fit_predict(rows), labels)


def rows_with_outliers(seed):
    """1,190 of one cloud, and 7 and 3 far from it and from each other."""
    rng = np.random.default_rng(seed)
    apart = [rng.normal(place, 0.2, (count, 4)) for count, place in ((7, 60), (3, -60))]
    return np.concatenate([rng.normal(size=(1190, 4)), *apart]).astype("f4")


@pytest.mark.parametrize("n_init", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_few_that_lie_apart_are_no_cluster_under_a_penalty(seed, n_init):
    """K-means begins with the outliers apart, which says most and is less than the least share of the links."""
    rows = rows_with_outliers(seed)
    clusters = LinkClustering(5, n_init, 0.8, seed).fit_predict(rows)
    assert is_large_enough(links_of(clusters, nearest_rows(rows, NEIGHBOURS), 5), np.arange(5), 5, 0.08 / 5)


def test_regrouping_makes_no_cluster_that_is_too_small():
    rows, least = rows_with_outliers(0), 0.08 / 5
    micro = KMeans(40, n_init=1, max_iter=30, random_state=0).fit_predict(rows)
    links = links_of(micro, nearest_rows(rows, NEIGHBOURS), 40)
    start, _ = exchange(links, join(links, 5, 0.8, least), 5, 0.8, least)
    clusters, information = regroup(links, start, 5, 0.8, least)
    assert is_large_enough(links, start, 5, least) and is_large_enough(links, clusters, 5, least)
    assert information >= link_information(links, start, 5, 0.8)


def test_a_new_row_is_of_the_cluster_of_the_nearest_micro_cluster():
    rng = np.random.default_rng(8)
    model = LinkClustering(4, random_state=0).fit(rng.normal(size=(900, 3)))
    rows = rng.normal(size=(200, 3))
    distances = ((rows[:, None] - model.micro_cluster_centers_) ** 2).sum(axis=2)
    np.testing.assert_array_equal(model.predict(rows), model.micro_cluster_labels_[distances.argmin(axis=1)])
    assert model.micro_cluster_centers_.shape == (30, 3) and model.neighbors_.shape == (900, 5)
    assert set(model.micro_cluster_labels_) == set(model.labels_) == {0, 1, 2, 3}


def test_of_many_rows_micro_clusters_are_sought_among_some_and_all_are_given_to_one(monkeypatch):
    monkeypatch.setattr(link_clustering, "EXACT", 300)
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=900)
    rows = 20 * np.eye(3)[truth] + rng.normal(size=(900, 3))
    model = LinkClustering(3, random_state=0).fit(rows)
    assert same_partition(model.labels_, truth)
    np.testing.assert_array_equal(model.predict(rows), model.labels_)
    assert len(model.micro_cluster_centers_) == 30  # as of 900 rows


def test_the_seed_decides():
    rows = np.random.default_rng(1).normal(size=(600, 3))
    once, again, other = (LinkClustering(5, random_state=seed).fit_predict(rows) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not same_partition(once, other)
    states = [np.random.RandomState(1) for _ in range(2)]
    once, again = (LinkClustering(5, random_state=state).fit_predict(rows) for state in states)
    np.testing.assert_array_equal(once, again)
    model = LinkClustering(5)
    assert not same_partition(model.fit_predict(rows), model.fit_predict(rows))
    assert clone(LinkClustering(5, 2, 0.3, 4)).get_params() == {
        "n_clusters": 5, "n_init": 2, "entropy_penalty": 0.3, "random_state": 4
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_clusters": 0}, r"n_clusters must be a whole number, at least 1; got 0"),
        ({"n_init": 0}, r"n_init must be a whole number, at least 1; got 0"),
        ({"n_init": 1.5}, r"n_init must be a whole number"),
        ({"entropy_penalty": 1.0}, r"entropy_penalty must be a number, at least 0 and below 1; got 1.0"),
        ({"entropy_penalty": -0.1}, r"entropy_penalty must be a number"),
    ],
)
def test_arguments_out_of_range_are_told(options, message):
    with pytest.raises(UserError, match=message):
        LinkClustering(**options).fit(np.zeros((20, 2)))


def test_fewer_rows_than_clusters_are_told():
    with pytest.raises(ValueError, match="n_samples=7 should be >= n_clusters=8"):
        LinkClustering().fit(np.zeros((7, 2)))


def test_the_information_of_links_is_what_a_table_of_them_says():
    rows = np.random.default_rng(0).normal(size=(200, 3))
    found = LinkClustering(4, random_state=0).fit(rows)
    pairs = np.repeat(found.labels_, found.neighbors_.shape[1]), found.labels_[found.neighbors_].ravel()
    both = np.concatenate(pairs), np.concatenate(pairs[::-1])  # a link has no direction
    np.testing.assert_allclose(found.information_, mutual_info_score(*both), atol=1e-6)
    assert 0 < found.information_ < np.log(4)
