"""What a training step has to know of data parallelism; with one replica every function here changes nothing.

Under a `tf.distribute.Strategy` each replica runs the step on its part of the batch. Sums over examples come out
right when gradients are averaged. What is not a sum over examples does not: a product or a logarithm of batch means
needs the mean of the whole batch, which `replica_mean` takes over all replicas, with its gradient.
"""

import tensorflow as tf

__all__ = ["num_replicas", "per_replica", "replica_mean", "replica_seed"]


def num_replicas() -> int:
    """Return how many replicas work on a batch: 1 outside a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def per_replica(count: int) -> int:
    """Return a replica's share of so many examples, rounded up."""
    return -(-count // num_replicas())


def replica_mean(value: tf.Tensor) -> tf.Tensor:
    """Return the mean of a tensor over the replicas, of the same shape; its gradient reaches every replica."""
    if num_replicas() == 1 or not tf.distribute.in_replica_context():
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)


def replica_seed(seed: tf.Tensor) -> tf.Tensor:
    """Return a stateless seed, (2,), of this replica's own."""
    if num_replicas() == 1 or not tf.distribute.in_replica_context():
        return seed
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    return tf.random.experimental.stateless_fold_in(seed, replica)
