"""The REST door beside calls of the model itself, and what it says to requests that are none."""

import base64
import http.client
import io
import json
import re
import socket
import struct
import time
import zlib

import numpy as np
import pytest
import requests
import tensorflow as tf
from PIL import Image

ROW = {"component": 2, "variance_scale": 0.5, "seed": 2**40 + 3}
COLUMNS = {"component": [2, 0], "variance_scale": [0.5, 1], "seed": [2**40 + 3, -5]}
ROWS = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]


def tensors(columns):
    types = {"component": tf.int32, "variance_scale": tf.float32, "seed": tf.int64}
    return {name: tf.constant(column, types[name]) for name, column in columns.items()}


def picture(pixels, form="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, form)
    return buffer.getvalue()


def b64(file):
    return {"b64": base64.b64encode(file).decode()}


def test_rows_and_columns_are_the_model_s_own_to_the_bit(server, direct):
    expected = direct.generate(**tensors(COLUMNS))["examples"].numpy()
    rows = server.post({"signature_name": "generate", "instances": ROWS}).json()
    assert list(rows) == ["predictions"]
    np.testing.assert_array_equal(np.array(rows["predictions"], np.float32), expected)
    columns = server.post({"signature_name": "generate", "inputs": COLUMNS}).json()
    np.testing.assert_array_equal(np.array(columns["outputs"], np.float32), expected)
    default = server.post({"inputs": COLUMNS}, url=f"{server.url}/versions/1").json()
    assert default == columns


def test_several_outputs_are_objects_by_rows(server, direct):
    expected = direct.sample(seed=tf.constant([5, 6], tf.int64))
    for instances in ([5, 6], [{"seed": 5}, {"seed": 6}]):
        rows = server.post({"signature_name": "sample", "instances": instances}).json()["predictions"]
        assert [row["component"] for row in rows] == expected["component"].numpy().tolist()
        found = np.array([row["examples"] for row in rows], np.float32)
        np.testing.assert_array_equal(found, expected["examples"])
    columns = server.post({"signature_name": "sample", "inputs": [5, 6]}).json()["outputs"]
    assert set(columns) == {"examples", "component"} and columns["component"] == [row["component"] for row in rows]


def test_files_go_in_and_out_as_base64(server, direct):
    expected = direct.generate_png(**tensors(COLUMNS))["image_bytes"].numpy().tolist()
    rows = server.post({"signature_name": "generate_png", "instances": ROWS}).json()["predictions"]
    assert [base64.b64decode(row["b64"]) for row in rows] == expected
    columns = server.post({"signature_name": "generate_png", "inputs": COLUMNS}).json()["outputs"]
    assert columns == rows
    files = [picture(np.arange(81).reshape(9, 9)), picture(np.full((5, 7, 3), 200), "JPEG")]
    expected = direct.responsibilities_bytes(image_bytes=tf.constant(files))["responsibilities"]
    for asked in (
        {"instances": [b64(file) for file in files]},
        {"instances": [{"image_bytes": b64(file)} for file in files]},
        {"inputs": {"image_bytes": [b64(file) for file in files]}},
        {"inputs": [b64(file) for file in files]},
    ):
        answer = server.post({"signature_name": "responsibilities_bytes", **asked}).json()
        (found,) = answer.values()
        np.testing.assert_array_equal(np.array(found, np.float32), expected)


def test_signatures_of_before_have_scalars(server, direct):
    inputs = {"component": [2, 0], "variance_scale": 0.5, "seed": [3, 4]}
    answer = server.post({"signature_name": "legacy_generate", "inputs": inputs}).json()["outputs"]
    expected = direct.legacy_generate(
        component=tf.constant([2, 0]), variance_scale=tf.constant(0.5), seed=tf.constant([3, 4])
    )["examples"]
    np.testing.assert_array_equal(np.array(answer, np.float32), expected)


def test_status_metadata_health_and_metrics(server, direct):
    ready = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for url in (server.url, f"{server.url}/versions/1"):
        assert requests.get(url).json() == {"model_version_status": [ready]}
    about = requests.get(f"{server.url}/metadata").json()
    assert about["model_spec"] == {"name": "tiny", "signature_name": "", "version": "1"}
    signatures = about["metadata"]["signature_def"]["signature_def"]
    assert set(direct.loaded.signatures) <= set(signatures)
    assert signatures["sample"]["inputs"]["seed"]["dtype"] == "DT_INT64"
    assert signatures["sample"]["outputs"]["examples"]["tensor_shape"] == {
        "dim": [{"size": size, "name": ""} for size in ("-1", "8", "8", "1")],
        "unknown_rank": False,
    }
    assert requests.get(f"{server.root}/healthz").status_code == 200

    def counted():
        lines = requests.get(f"{server.root}/monitoring/prometheus/metrics").text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

    before = counted()
    server.post({"signature_name": "interpolate_png", "inputs": {"weights": [[1, 0, 0]] * 3, "seed": [1, 2, 3]}})
    server.post({"signature_name": "interpolate_png", "inputs": {"weights": [[1, 1, 0]], "seed": [1]}})
    after = counted()
    labels = 'door="rest",signature="interpolate_png"'
    for name, change in (
        (f'tfgmmgan_requests_total{{code="OK",{labels}}}', 1),
        (f'tfgmmgan_requests_total{{code="INVALID_ARGUMENT",{labels}}}', 1),
        ('tfgmmgan_rows_total{signature="interpolate_png"}', 3),
        (f"tfgmmgan_request_seconds_count{{{labels}}}", 2),
        ("tfgmmgan_batch_rows_sum", 4),
        ("tfgmmgan_requests_under_way", 0),
    ):
        assert after[name] - before.get(name, 0) == change, name


def test_no_answer_waits_for_the_client_s_system_to_confirm_its_start(server):
    connection, taken = http.client.HTTPConnection(server.root.removeprefix("http://")), []
    for _ in range(15):
        started = time.perf_counter()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        taken.append(time.perf_counter() - started)
    connection.close()
    assert min(taken[5:]) < 0.03  # by Nagle's algorithm 0.04


def test_the_line_to_try_works(server):
    (line,) = [line for line in server.text.splitlines() if line.startswith("Try: ")]
    _, content, _, url = line.replace("curl -d ", "").replace("'", "\t").replace(" http", "\thttp").split("\t")
    answer = requests.post(url, data=content)
    assert answer.status_code == 200 and np.shape(answer.json()["outputs"]) == (1, 8, 8, 1)


IMAGE = np.zeros((8, 8, 1)).tolist()
GOOD = picture(np.zeros((9, 9)))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


BOMB = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)) + chunk(b"IDAT", b"")


def generate(**changes):
    return {"signature_name": "generate", "instances": [{**ROW, **changes}]}


def images(value):
    return {"signature_name": "responsibilities", "instances": value}


def files(*given):
    return {"signature_name": "responsibilities_bytes", "instances": [b64(one) for one in given]}


WRONG = {
    "no JSON": (b"{", "not JSON"),
    "empty": (b"", "not JSON"),
    "no UTF-8": (b'{"inputs": "\xff"}', "not JSON"),
    "deep": (b"[" * 3000, "not JSON"),
    "many lists": (b'{"instances": [' + b"[]," * 50_000 + b"[]]}", "more values than 8 rows of any signature"),
    "many brackets": (b"[" * 100_000, "more values than 8 rows of any signature"),
    "deep rows": (b'{"instances": ' + b"[" * 900 + b"]" * 900 + b"}", "must be named"),
    "deep numbers": (
        json.dumps(images("DEEP")).replace('"DEEP"', "[" * 900 + "0" + "]" * 900).encode(),
        "must have one shape|must have the shape",
    ),
    "NaN": (json.dumps(images([[[np.nan]]])).encode(), "not JSON"),
    "Infinity": (json.dumps(generate(variance_scale=np.inf)).encode(), "not JSON"),
    "a list": (b"[1]", "either 'instances', for rows, or 'inputs'"),
    "both": ({"instances": [1], "inputs": [1]}, "either 'instances', for rows, or 'inputs'"),
    "neither": ({"signature_name": "sample"}, "either 'instances', for rows, or 'inputs'"),
    "signature is a number": ({"signature_name": 3, "instances": [1]}, "must be a text"),
    "unknown signature": ({"signature_name": "sampel", "instances": [1]}, "Did you mean 'sample'"),
    "many names": ({"inputs": {f"name {at}": 1 for at in range(999)}}, "takes the inputs"),
    "long signature": ({"signature_name": "x" * 99999, "instances": [1]}, "no signature"),
    "init op": ({"signature_name": "__saved_model_init_op", "instances": [1]}, "no signature"),
    "instances no list": ({"instances": {"seed": 1}}, "list of one row at least"),
    "no instances": ({"instances": []}, "list of one row at least"),
    "unnamed": ({"instances": [1]}, "must be named"),
    "wrong name": ({"signature_name": "sample", "instances": [{"seeds": 1}]}, "Row 0 must have the inputs seed"),
    "missing input": ({"inputs": {"component": [1], "seed": [1]}}, "takes the inputs"),
    "extra input": (generate(more=1), "Row 0 must have the inputs"),
    "rows differ in names": ({"signature_name": "sample", "instances": [{"seed": 1}, {"seeds": 1}]}, "Row 1"),
    "null": (generate(seed=None), "must be numbers of the type int64; got null"),
    "text for a number": (generate(seed="7"), "got a text"),
    "bool for a number": (generate(component=True), "got true or false"),
    "bool among numbers": ({"inputs": {**COLUMNS, "component": [True, 1]}}, "got true or false"),
    "object for a number": (generate(seed={"a": 1}), "got an object"),
    "decimals": (generate(seed=1.5), "must be numbers of the type int64; got a number with decimals"),
    "int32 and more": (generate(component=2**31), "whole numbers from -2147483648 to 2147483647"),
    "int64 and more": (generate(seed=2**63), "whole numbers from"),
    "a huge int": (b'{"signature_name": "sample", "instances": [' + b"9" * 400 + b"]}", "not JSON|decimals"),
    "a huge float": (generate(variance_scale=1e300), "Variance_scale must be finite"),
    "out of range": (generate(component=3), r"Component must be in \[0, 3\)"),
    "negative scale": (generate(variance_scale=-1), "must be finite and not negative"),
    "scalar for rows": ({"inputs": {**COLUMNS, "seed": 3}}, r"'seed' must have the shape \(n\); got \(\)"),
    "list for a scalar": (generate(seed=[3]), r"got \(1, 1\)"),
    "empty columns": ({"signature_name": "sample", "inputs": {"seed": []}}, "batch is empty"),
    "unequal columns": ({"inputs": {**COLUMNS, "seed": [3]}}, "as many rows"),
    "too many rows": ({"signature_name": "sample", "instances": [1] * 9}, "may have 8 rows; got 9"),
    "ragged": (images([IMAGE, IMAGE[:7]]), "must have one shape; they differ"),
    "flat image": (images([[0.0] * 64]), r"\(n, 8, 8, 1\); got \(1, 64\)"),
    "large image": (images(np.zeros((1, 9, 9, 1)).tolist()), r"\(n, 8, 8, 1\); got \(1, 9, 9, 1\)"),
    "image out of range": (images((np.array([IMAGE]) + 200).tolist()), r"must lie in \[-1, 1\]"),
    "uint8 out of range": (
        {"signature_name": "responsibilities_uint8", "instances": (np.array([IMAGE], int) + 256).tolist()},
        "from 0 to 255",
    ),
    "weights": (
        {"signature_name": "interpolate", "inputs": {"weights": [[1, 1, 0]], "seed": [1]}},
        "non-negative and sum to 1",
    ),
    "legacy by rows": (
        {"signature_name": "legacy_sample", "instances": [{"seed": 1, "num": 2}, {"seed": 2, "num": 2}]},
        r"'num' must have the shape \(\); got \(2\)",
    ),
    "legacy of many": ({"signature_name": "legacy_sample", "inputs": {"seed": [1, 2], "num": 10**9}}, "'num' must be"),
    "legacy, negative": ({"signature_name": "legacy_sample", "inputs": {"seed": [1, 2], "num": -1}}, "not be negative"),
    "bad base64": ({"signature_name": "responsibilities_bytes", "instances": [{"b64": "%%%"}]}, "not base64"),
    "base64 of odd letters": ({"signature_name": "responsibilities_bytes", "instances": [{"b64": "é"}]}, "not base64"),
    "base64 of a number": (
        {"signature_name": "responsibilities_bytes", "inputs": [{"b64": 3}]},
        "with a file as base64",
    ),
    "file in a list": ({"signature_name": "responsibilities_bytes", "inputs": [[b64(GOOD)]]}, "with a file as base64"),
    "no image": (files(b"no image"), "whole PNG, JPEG, GIF or BMP"),
    "empty file": (files(b""), "whole PNG, JPEG, GIF or BMP"),
    "a text": ({"signature_name": "responsibilities_bytes", "inputs": ["photo.png"]}, "whole PNG, JPEG, GIF or BMP"),
    "half a PNG": (files(GOOD[: len(GOOD) // 2]), "whole PNG|Invalid PNG"),
    "a PNG's start": (files(GOOD[:12]), "whole PNG, JPEG, GIF or BMP"),
    "half a JPEG": (files(picture(np.zeros((9, 9)), "JPEG")[:300]), "whole PNG|Invalid JPEG"),
    "TIFF": (files(picture(np.zeros((9, 9)), "TIFF")), "whole PNG, JPEG, GIF or BMP"),
    "bomb": (files(BOMB), "may have 1 megapixels"),
    "many pixels in sum": (files(*[picture(np.zeros((600, 600)))] * 3), "may have 1 megapixels"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_request_is_400_with_one_sentence(server, case):
    content, says = WRONG[case]
    answer = server.post(content)
    assert answer.status_code == 400, answer.text
    refused(answer, says)
    assert server.post({"signature_name": "sample", "instances": [1]}).status_code == 200


def refused(answer, says):
    assert list(answer.json()) == ["error"]
    error = answer.json()["error"]
    assert re.search(says, error), error
    assert len(error) < 600 and "\n" not in error and error.endswith(".")
    assert not re.search(r"Traceback|node |\{\{|__inference|Errno|tensorflow|numpy", error)


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/v1/models/other", 404, "Model 'other' is not served; 'tiny' in version 1 is"),
        ("GET", "/v1/models/tiny/versions/2", 404, "'tiny' in version 2 is not served"),
        ("GET", "/v1/models/other/metadata", 404, "not served"),
        ("POST", "/v1/models/other:predict", 404, "not served"),
        ("POST", "/v1/models/tiny/versions/99:predict", 404, "not served"),
        ("POST", "/v1/models/tiny/labels/stable:predict", 400, "label 'stable'"),
        ("GET", "/v1/models/tiny:predict", 400, "Malformed request: GET"),
        ("PUT", "/v1/models/tiny:predict", 400, "Malformed request: PUT"),
        ("POST", "/v1/models/tiny", 400, "Malformed request: POST"),
        ("POST", "/v1/models/tiny:classify", 400, "Malformed request: POST"),
        ("DELETE", "/v1/models/tiny", 400, "Malformed request: DELETE"),
        ("GET", "/v1/models/tiny/versions/one", 400, "Malformed request"),
        ("GET", "/", 404, "no such page"),
        ("GET", "/v2/models/tiny", 404, "no such page"),
    ],
)
def test_what_is_not_there(server, method, path, status, says):
    answer = requests.request(method, f"{server.root}{path}", data=b'{"instances": [1]}' if method == "POST" else None)
    assert answer.status_code == status
    refused(answer, says)


def test_what_is_too_large_is_413_whether_its_length_is_told_or_not(server):
    large = b" " * (2**18 + 1)
    for content in (large, iter([large[:1000], large])):
        answer = server.post(content)
        assert answer.status_code == 413
        refused(answer, r"may have 0\.25 MiB")
    assert requests.get(server.url).status_code == 200


def test_a_body_that_trickles_is_408_and_keeps_nobody_waiting(impatient):
    server = impatient
    host, port = server.root.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        slow.sendall(b"POST /v1/models/tiny:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        started = time.monotonic()
        assert server.post({"signature_name": "sample", "instances": [1]}).status_code == 200
        for _ in range(4):
            slow.sendall(b" ")
            time.sleep(0.1)
        answer = slow.recv(4096).decode()
        assert answer.startswith("HTTP/1.1 408") and "longer than 2 seconds" in answer
        assert 1 < time.monotonic() - started < 6
    assert server.post({"signature_name": "sample", "instances": [1]}).status_code == 200


def test_who_calls_it_by_a_foreign_name_is_refused(server):
    for host, status in (("localhost", 200), ("127.0.0.1:80", 200), ("evil.example", 403), ("127.0.0.1.evil", 403)):
        assert requests.get(server.url, headers={"Host": host}).status_code == status
    answer = server.post({"signature_name": "sample", "instances": [1]}, headers={"Host": "evil.example"})
    assert answer.status_code == 403 and "localhost" in answer.json()["error"]


def test_what_is_no_http_and_a_client_that_goes_away(server):
    host, port = server.root.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 400")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"POST /v1/models/tiny:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    assert server.post({"signature_name": "sample", "instances": [1]}).status_code == 200
