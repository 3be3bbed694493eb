"""What a training step has to know of data parallelism; with one replica every function here changes nothing.

Under a `tf.distribute.Strategy` each replica runs the step on its part of the batch. Sums over examples come out
right when gradients are averaged. What is not a sum over examples does not: a product or a logarithm of batch means
needs the mean of the whole batch, which `replica_mean` takes over all replicas, with its gradient.
"""

import tensorflow as tf

from tfgmmgan.random import split

__all__ = ["batch_mean", "num_replicas", "per_replica", "replica_mean", "replica_seed"]


def num_replicas() -> int:
    """Return how many replicas work on a batch: 1 outside a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def per_replica(count: int) -> int:
    """Return a replica's share of so many examples, rounded up."""
    return -(-count // num_replicas())


def replica_mean(value: tf.Tensor) -> tf.Tensor:
    """Return the mean of a tensor over the replicas, of the same shape; its gradient reaches every replica."""
    replica = _replica()
    return value if replica is None else replica.all_reduce(tf.distribute.ReduceOp.MEAN, value)


def batch_mean(values: tf.Tensor) -> tf.Tensor:
    """Return the mean over the first axis and over the replicas: that of the whole batch."""
    return replica_mean(tf.reduce_mean(values, axis=0))


def replica_seed(seed: tf.Tensor) -> tf.Tensor:
    """Return a stateless seed, (2,), of this replica's own."""
    replica = _replica()
    return seed if replica is None else split(seed, replica.replica_id_in_sync_group)


def _replica() -> tf.distribute.ReplicaContext | None:
    """Return the replica this code runs for, where there are others."""
    return tf.distribute.get_replica_context() if num_replicas() > 1 else None
