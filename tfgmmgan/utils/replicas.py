"""What a training step has to know of data parallelism; with one replica every function here changes nothing.

Under a `tf.distribute.Strategy` each replica runs the step on its part of the batch. Sums over examples come out
right when gradients are averaged. What is not a sum over examples does not: a product or a logarithm of batch means
needs the mean of the whole batch, which `replica_mean` takes over all replicas, with its gradient; what compares
examples with each other needs them all, which `whole_batch` gathers.
"""

from collections.abc import Iterable

import keras
import tensorflow as tf

from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import split

__all__ = [
    "batch_mean",
    "is_multi_worker",
    "num_replicas",
    "per_replica",
    "replica_mean",
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


def replica_mean(value: tf.Tensor) -> tf.Tensor:
    """Return the mean of a tensor over the replicas, of the same shape; its gradient reaches every replica."""
    replica = _replica()
    return value if replica is None else replica.all_reduce(tf.distribute.ReduceOp.MEAN, value)


def batch_mean(values: tf.Tensor) -> tf.Tensor:
    """Return the mean over the first axis and over the replicas: that of the whole batch."""
    return replica_mean(tf.reduce_mean(values, axis=0))


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
