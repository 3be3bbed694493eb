"""TF Serving's JSON: rows (`instances`, `predictions`) or columns (`inputs`, `outputs`)."""

import base64
from itertools import chain
from typing import Any

import numpy as np
import orjson
import tensorflow as tf

from tfgmmgan.serving.server.limits import Refusal
from tfgmmgan.serving.server.model import Outputs, Request, ServedModel, listed

__all__ = ["read_request", "write_answer"]

SIGNS = 5  # commas and brackets that a value may have; so nobody waits for millions of lists that mean nothing
LEAVES = {"f": {int, float}, "i": {int}, "u": {int}, "b": {bool}}  # by a type's kind, what JSON has for it


def read_request(model: ServedModel, body: bytes | bytearray) -> Request:
    """Return the request that a body asks for.

    Args:
        model: The model.
        body: JSON with `instances` or `inputs`, and `signature_name` where it is not "serving_default".

    Raises:
        Refusal: If it is no such thing; one sentence says why.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > SIGNS * (model.most_values + 200):
        raise _wrong(f"The body has more values than {model.limits.max_rows} rows of any signature; send fewer rows.")
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _wrong(f"The body is not JSON: {error}.") from error
    if not isinstance(asked, dict) or ("instances" in asked) == ("inputs" in asked):
        raise _wrong("The body must be a JSON object with either 'instances', for rows, or 'inputs', for columns.")
    signature = asked.get("signature_name", "serving_default")
    if not isinstance(signature, str):
        raise _wrong("'signature_name' must be a text.")
    names = list(model.inputs_of(signature))
    values = _columns(names, asked["instances"]) if "instances" in asked else _named(names, asked["inputs"])
    return model.request(signature, values, _array)._replace(by_rows="instances" in asked)


def write_answer(request: Request, outputs: Outputs) -> bytes:
    """Return outputs as JSON: `predictions` of a request by rows, bare where there is one output; else `outputs`."""
    counts = {value.shape[:1] for value in outputs.values()}
    if request.by_rows and (len(counts) > 1 or () in counts):
        raise _wrong(f"The outputs of '{request.signature}' are not rows; ask by 'inputs'.")
    told = {name: _told(name, value) for name, value in outputs.items()}
    if len(told) == 1:
        (found,) = told.values()
    elif request.by_rows:
        found = [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)]
    else:
        found = told
    content = {"predictions" if request.by_rows else "outputs": found}
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY, default=lambda value: value.tolist())


def _wrong(message: str) -> Refusal:
    return Refusal("INVALID_ARGUMENT", message)


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and set(value) != {"b64"}


def _named(names: list[str], value: Any) -> dict[str, Any]:
    """Return a value by its input's name, which may be left out where there is one."""
    if _is_named(value):
        return value
    if len(names) == 1:
        return {names[0]: value}
    raise _wrong(f"Each of the inputs {', '.join(names)} must be named.")


def _columns(names: list[str], instances: Any) -> dict[str, list]:
    """Return the rows' values by the input's name."""
    if not isinstance(instances, list) or not instances:
        raise _wrong("'instances' must be a list of one row at least.")
    rows = [_named(names, row) for row in instances]
    for at, row in enumerate(rows):
        if set(row) != set(names):
            raise _wrong(f"Row {at} must have the inputs {', '.join(names)}; got {listed(row)}.")
    return {name: [row[name] for row in rows] for name in names}


def _array(name: str, spec: tf.TensorSpec, value: Any) -> np.ndarray:
    """Return a JSON value as what an input takes, but for its shape."""
    if spec.dtype == tf.string:
        is_list = isinstance(value, list)
        array = np.empty(len(value) if is_list else (), object)
        array[...] = [_text(name, one) for one in value] if is_list else _text(name, value)
        return array
    dtype = np.dtype(spec.dtype.as_numpy_dtype)
    found = _leaf_types(value) - LEAVES.get(dtype.kind, {int, float})
    if found:
        words = {str: "a text", bool: "true or false", float: "a number with decimals", dict: "an object"}
        kind = next(iter(found))
        raise _wrong(f"'{name}' must be numbers of the type {dtype}; got {words.get(kind, 'null')}.")
    try:
        array = np.array(value)
    except ValueError:
        raise _wrong(f"The rows of '{name}' must have one shape; they differ.") from None
    if dtype.kind in "iu" and array.size:
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        if array.dtype.kind not in "iu" or array.min() < least or array.max() > most:
            raise _wrong(f"'{name}' must be whole numbers from {least} to {most}.")
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def _leaf_types(value: Any) -> set[type]:
    """Return the types of what is in lists of lists."""
    level, found = [value], set()
    while level:
        found |= set(map(type, level))
        level = list(chain.from_iterable(one for one in level if type(one) is list))
    return found - {list}


def _text(name: str, value: Any) -> bytes:
    """Return a text, or the bytes of a file that is `{"b64": ...}`."""
    try:
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, dict) and isinstance(value.get("b64"), str):
            return base64.b64decode(value["b64"] + "=" * (-len(value["b64"]) % 4), validate=True)
    except ValueError:
        raise _wrong(f"'{name}' has a 'b64' that is not base64.") from None
    raise _wrong(f"""'{name}' must be {{"b64": "..."}} with a file as base64, for each row.""")


def _told(name: str, value: np.ndarray) -> Any:
    """Return an output as JSON has it: files as base64 where their name ends in `_bytes`."""
    if value.dtype != object:
        return value
    if name.endswith("_bytes"):
        return [{"b64": base64.b64encode(one).decode()} for one in value.ravel()]
    return [one.decode(errors="replace") for one in value.ravel()]
