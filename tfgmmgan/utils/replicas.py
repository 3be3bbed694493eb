"""What a training step has to know of data parallelism; with one replica every function here changes nothing.

Under a `tf.distribute.Strategy` each replica runs the step on its part of the batch. Means over examples come out
right when gradients are summed, each by the replica's share of the batch (`own_part`). What is not a mean over examples
does not: a product or a logarithm of batch means needs the mean of the whole batch, which `batch_mean` takes over all
replicas, with its gradient; what compares examples with each other needs them all, which `whole_batch` gathers.
"""

from collections.abc import Iterable

import keras
import tensorflow as tf

from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import split

__all__ = [
    "batch_mean",
    "is_multi_worker",
    "mean_of_sums",
    "num_replicas",
    "own_part",
    "per_replica",
    "replica_seed",
    "share_from_first_worker",
    "whole_batch",
    "workers_share",
]


def num_replicas() -> int:
    """Return how many replicas work on a batch: 1 outside a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def per_replica(count: int) -> int:
    """Return a replica's share of so many examples, rounded up."""
    return -(-count // num_replicas())


def own_part(rows: tf.Tensor, labels: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor | None, float | tf.Tensor]:
    """Return what this replica trains on, and what share of the whole batch it is; all shares sum to 1.

    A batch of fewer examples than replicas leaves some without any. Such a replica gets a copy of the whole batch, so
    that means and statistics over the replicas stay what they are, and its own losses have the share 0.

    Args:
        rows: (b, ...) this replica's part of the batch; b may be 0 where it is not fixed.
        labels: (b,) their labels, or None.
    """
    replica = _replica()
    if replica is None:
        return rows, labels, 1.0
    if rows.shape[0] is not None:
        return rows, labels, 1.0 / num_replicas()  # batches of a fixed size are cut evenly
    count = tf.shape(rows)[0]
    share = tf.cast(count, tf.float32) / tf.cast(replica.all_reduce(tf.distribute.ReduceOp.SUM, count), tf.float32)

    def filled(own: tf.Tensor) -> tf.Tensor:
        whole = whole_batch(own)
        return tf.cond(count > 0, lambda: own, lambda: whole)

    return filled(rows), None if labels is None else filled(labels), share


def batch_mean(values: tf.Tensor) -> tf.Tensor:
    """Return the mean over the first axis and over the replicas: that of the whole batch, with its gradient."""
    return mean_of_sums(tf.reduce_sum(values, axis=0), tf.shape(values)[0])


def mean_of_sums(total: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Return the mean over the whole batch, from this replica's sum over so many examples; its gradient reaches all."""
    count = tf.cast(count, total.dtype)
    replica = _replica()
    if replica is not None:
        total, count = (replica.all_reduce(tf.distribute.ReduceOp.SUM, each) for each in (total, count))
    return total / count


def whole_batch(rows: tf.Tensor) -> tf.Tensor:
    """Return the rows of all replicas, replica by replica; the gradient reaches every replica."""
    replica = _replica()
    return rows if replica is None else tf.ensure_shape(replica.all_gather(rows, axis=0), [None, *rows.shape[1:]])


def replica_seed(seed: tf.Tensor) -> tf.Tensor:
    """Return a stateless seed, (2,), of this replica's own."""
    replica = _replica()
    return seed if replica is None else split(seed, replica.replica_id_in_sync_group)


def _replica() -> tf.distribute.ReplicaContext | None:
    """Return the replica this code runs for, where there are others."""
    return tf.distribute.get_replica_context() if num_replicas() > 1 else None


def is_multi_worker(strategy: tf.distribute.Strategy) -> bool:
    """Return whether a strategy spans several processes."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy) and bool(
        strategy.cluster_resolver.cluster_spec().as_dict()
    )


def workers_share(strategy: tf.distribute.Strategy, batches: tf.data.Dataset) -> tf.distribute.DistributedDataset:
    """Return what this worker's replicas see of batches that are the same on every worker: replica r its r-th part.

    Every worker reads whole batches and keeps its rows, so that the order does not depend on the number of workers.

    Args:
        strategy: Of several workers.
        batches: Batches of a fixed size that the number of replicas divides, the same on all workers.

    Raises:
        UserError: If it is not a dataset, or its batches can't be cut in as many equal parts.
    """
    if not isinstance(batches, tf.data.Dataset):
        raise UserError("Several workers are trained from a tf.data.Dataset of batches, the same on every worker.")
    replicas = strategy.num_replicas_in_sync
    size = tf.nest.flatten(batches.element_spec)[0].shape[0]
    if size is None or size % replicas:
        raise UserError(f"{replicas} replicas need batches of a fixed size that they divide; got {size or 'any'}.")

    def share(context: tf.distribute.InputContext) -> tf.data.Dataset:
        local = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * local
        part = size // replicas

        def own(rows: tf.Tensor) -> tf.Tensor:
            return tf.reshape(rows, [replicas, part, *rows.shape[1:]])[first : first + local]

        return batches.map(lambda *batch: tf.nest.map_structure(own, batch if len(batch) > 1 else batch[0])).unbatch()

    return strategy.distribute_datasets_from_function(share)


def share_from_first_worker(strategy: tf.distribute.Strategy, variables: Iterable[keras.Variable]) -> None:
    """Give all workers the first one's values of variables, which each worker has found for itself."""
    if not is_multi_worker(strategy):
        return

    def firsts(value: tf.Tensor) -> tf.Tensor:
        replica = tf.distribute.get_replica_context()
        own = tf.where(tf.equal(replica.replica_id_in_sync_group, 0), value, tf.zeros_like(value))
        return replica.all_reduce(tf.distribute.ReduceOp.SUM, own)

    for variable in variables:
        value = tf.cast(tf.convert_to_tensor(variable), tf.float32)
        shared = strategy.run(tf.function(firsts, autograph=False), args=(value,))
        variable.assign(tf.cast(strategy.experimental_local_results(shared)[0], variable.dtype))
