"""Counting the floating-point operations of a training step."""

import tensorflow as tf

from tfgmmgan import LatentGAN

__all__ = ["count_flops"]


def count_flops(model: LatentGAN, *batch: tf.Tensor) -> float:
    """Return the floating-point operations of the convolutions and matrix products of a training step.

    TensorFlow's profiler multiplies a gradient's by the strides' product, and counts what the tape leaves in the graph
    that is never run; so they are counted here.

    Args:
        model: Compiled.
        *batch: Examples, and labels where the model takes them; of known shapes.
    """
    step = tf.function(lambda *data: model.train_step(data if len(data) > 1 else data[0]), autograph=False)
    graph = step.get_concrete_function(*batch).graph
    needed: set[tf.Operation] = set()
    waiting = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    while waiting:
        operation = waiting.pop()
        if operation not in needed:
            needed.add(operation)
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return float(sum(_flops(operation) for operation in needed))


def _flops(operation: tf.Operation) -> int:
    """Return twice the products in a convolution, its gradients, or a matrix product; 0 for all else."""
    shapes = [tensor.shape for tensor in operation.inputs]
    if operation.type == "Conv2D":
        return 2 * operation.outputs[0].shape[:3].num_elements() * shapes[1].num_elements()
    if operation.type == "Conv2DBackpropInput":
        return 2 * shapes[2][:3].num_elements() * shapes[1].num_elements()
    if operation.type == "Conv2DBackpropFilter":
        return 2 * shapes[2][:3].num_elements() * operation.outputs[0].shape.num_elements()
    if operation.type in ("MatMul", "BatchMatMulV2"):
        transposed = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
        return 2 * operation.outputs[0].shape.num_elements() * shapes[0][-2 if transposed else -1]
    return 0
