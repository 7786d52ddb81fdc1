"""Inference requests: whatever the bytes are, they are read as the protocol says or rejected with 400 or 413."""

import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlapp.api.dialects.open_inference.inference_request import read_request
from mlapp.api.dialects.open_inference.tensors import DATATYPES, Tensor, decode
from mlapp.errors import TooLarge, UnreadableBody
from tests.api.dialects.conftest import binary, message, tensor


def read(body: Any, length: int | None = None) -> list[Any]:
    """Read a request and the values of its inputs."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = read_request(data, length)
    return [decode(each, compact=compact) for each in request.inputs for compact in (False, True)]


def one(**changed: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "a", "shape": [2], "datatype": "FP64", "data": [1, 2]} | changed]}


def sized(size: Any, **changed: Any) -> dict[str, Any]:
    about = {"name": "a", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": size}} | changed
    return {"inputs": [about]}


def outputs(*found: Any) -> dict[str, Any]:
    return one() | {"outputs": list(found)}


INVALID = {
    "not an object": [],
    "no inputs": {},
    "empty": {"inputs": []},
    "an input without a name": {"inputs": [{"shape": [1]}]},
    "a name that is no text": one(name=1),
    "a key of another version": one() | {"instances": []},
    "a key of a tensor": one(dtype="FP64"),
    "a number as id": one() | {"id": 5},
    "a long id": one() | {"id": "x" * 1_001},
    "parameters as a list": one() | {"parameters": []},
    "a text as a boolean": one() | {"parameters": {"binary_data_output": "yes"}},
    "shared memory": one(parameters={"shared_memory_region": "x"}),
    "no shape": one(shape=None),
    "a matrix": one(shape=[1, 2]),
    "a scalar": one(shape=[]),
    "three dimensions": one(shape=[2, 1, 1]),
    "a negative shape": one(shape=[-2]),
    "a shape of booleans": one(shape=[True]),
    "a shape of fractions": one(shape=[2.0]),
    "a huge shape": one(shape=[10**18]),
    "a huge text tensor": sized(0, shape=[10**18], datatype="BYTES"),
    "a huge binary tensor": sized(0, shape=[10**18]),
    "another datatype": one(datatype="BF16"),
    "a list as datatype": one(datatype=["FP64"]),
    "a text in numbers": one(data=[1, "2"]),
    "a boolean in numbers": one(data=[1, True]),
    "a fraction in integers": one(datatype="INT32", data=[1, 2.5]),
    "a number in booleans": one(datatype="BOOL", data=[True, 1]),
    "a number in texts": one(datatype="BYTES", data=["a", 1]),
    "nested values": one(data=[[1, 2]]),
    "objects": one(data=[{}, {}]),
    "fewer values": one(data=[1]),
    "no values": one(data=None),
    "two shapes": {"inputs": [tensor("a", "FP64", [1]), tensor("b", "FP64", [1, 2])]},
    "a name twice": {"inputs": [tensor("a", "FP64", [1]), tensor("a", "FP64", [1])]},
    "values twice": sized(0, data=[]),
    "more bytes than there are": sized(16),
    "a negative size": sized(-1),
    "a text as size": sized("16"),
    "outputs as an object": one() | {"outputs": {"name": "prediction"}},
    "outputs as an empty object": one() | {"outputs": {}},
    "outputs as a number": one() | {"outputs": 0},
    "an output without a name": outputs({}),
    "an output that is a text": outputs("prediction"),
    "an output twice": outputs({"name": "a"}, {"name": "a"}),
    "a key of an output": outputs({"name": "a", "shape": [2]}),
    "classification": outputs({"name": "a", "parameters": {"classification": 2}}),
    "a deep body": b'{"inputs":' + b"[" * 100_000,
    "an integer of many digits": b'{"inputs": [' + b"9" * 5_000 + b"]}",
    "infinity": b'{"inputs": [Infinity]}',
    "a name twice in an object": b'{"inputs": [], "inputs": []}',
    "no UTF-8": b'{"id": "\xff"}',
    "half a character": b'{"id": "\\ud800"}',
    "nothing": b"",
}


@pytest.mark.parametrize("body", INVALID.values(), ids=INVALID)
def test_invalid_request_is_rejected(body: Any):
    with pytest.raises(UnreadableBody):
        read(body)


BINARY: dict[str, tuple[str, int, bytes]] = {
    "bytes are left": ("FP64", 2, bytes(17)),
    "too few bytes": ("FP64", 2, bytes(8)),
    "too many bytes": ("INT8", 1, bytes(2)),
    "a byte that is no boolean": ("BOOL", 1, b"\2"),
    "a length beyond the end": ("BYTES", 1, b"\x09\0\0\0A"),
    "half a length": ("BYTES", 2, bytes(6)),
    "lengths that take the next ones": ("BYTES", 2, b"\x04\0\0\0" + bytes(4)),
    "a long text": ("BYTES", 1, b"\x01\x7d\0\0" + bytes(32_001)),
    "fewer texts": ("BYTES", 1, bytes(8)),
    "no UTF-8": ("BYTES", 1, b"\x01\0\0\0\xff"),
}


@pytest.mark.parametrize(("datatype", "rows", "raw"), BINARY.values(), ids=BINARY)
def test_invalid_binary_tensor_is_rejected(datatype: str, rows: int, raw: bytes):
    size = 16 if rows == 2 and len(raw) == 17 else len(raw)
    body, length = message_of(sized(size, datatype=datatype, shape=[rows]), raw)

    with pytest.raises(UnreadableBody, match=r"bytes|UTF-8"):
        read(body, length)


def test_json_longer_than_its_limit_is_rejected():
    with pytest.raises(TooLarge, match="in binary form"):
        read(b" " * 10_000_001)
    with pytest.raises(UnreadableBody, match="Content-Length is 10, but the body has 2 bytes"):
        read(b"{}", 10)


def test_outputs_of_too_many_values_are_rejected():
    request = read_request(*message_of(sized(2_000_000, shape=[2_000_000], datatype="INT8"), bytes(2_000_000)))

    with pytest.raises(TooLarge, match="would have 22,000,000 values"):
        request.outputs_of([f"probability_{number}" for number in range(11)])


def message_of(head: dict[str, Any], rest: bytes) -> tuple[bytes, int]:
    text = json.dumps(head).encode()
    return text + rest, len(text)


def test_output_that_does_not_exist_is_rejected():
    request = read_request(json.dumps(outputs({"name": "a"}, {"name": "prediction"})).encode(), None)

    with pytest.raises(UnreadableBody, match="no output 'a'; the outputs are prediction, lower"):
        request.outputs_of(["prediction", "lower"])


def test_column_of_one_value_a_row_is_flattened():
    assert read(one(shape=[2, 1], data=[[1], [2]])) == [[1, 2]] * 2


VALUES = {
    "FP64": st.floats(allow_nan=False),
    "FP32": st.floats(width=32, allow_nan=False),
    "FP16": st.floats(width=16, allow_nan=False),
    "INT64": st.integers(-(2**63), 2**63 - 1),
    "INT8": st.integers(-128, 127),
    "BOOL": st.booleans(),
    "BYTES": st.text(st.characters(exclude_categories=["Cs"])),
}


@st.composite
def tensors(draw: st.DrawFn) -> list[tuple[str, str, list[Any]]]:
    rows, names = (
        draw(st.integers(0, 4)),
        draw(st.lists(st.text("abc", min_size=1), min_size=1, max_size=4, unique=True)),
    )
    kinds = [draw(st.sampled_from(list(VALUES))) for _ in names]
    return [
        (name, kind, draw(st.lists(VALUES[kind], min_size=rows, max_size=rows)))
        for name, kind in zip(names, kinds, strict=True)
    ]


@given(tensors())
def test_binary_tensors_hold_what_json_tensors_hold(found: list[tuple[str, str, list[Any]]]):
    body, headers = message([binary(*each) for each in found])
    request = read_request(body, int(next(iter(headers.values()))))

    for (_, _, expected), each in zip(found, request.inputs, strict=True):
        assert decode(each, compact=False) == expected
        assert list(decode(each, compact=True)) == expected


def test_nan_is_missing():
    body, headers = message([binary("a", "FP32", [float("nan"), 1.5])])

    assert [list(each) for each in read(body, int(next(iter(headers.values()))))] == [[None, 1.5]] * 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
LIKE_A_TENSOR = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "b"]) | JSON,
        "shape": st.lists(st.integers(-1, 3) | st.just(10**12), max_size=3) | JSON,
        "datatype": st.sampled_from(DATATYPES) | JSON,
        "data": st.lists(JSON, max_size=3) | JSON,
        "parameters": st.fixed_dictionaries({}, optional={"binary_data_size": st.integers(-1, 40) | JSON}) | JSON,
    },
)


@settings(max_examples=150)
@given(
    st.fixed_dictionaries(
        {"inputs": st.lists(LIKE_A_TENSOR, max_size=3) | JSON}, optional={"outputs": JSON, "id": JSON}
    ),
    st.binary(max_size=40),
    st.none() | st.integers(-2, 60),
)
def test_any_request_is_read_or_rejected(body: dict[str, Any], rest: bytes, shift: int | None):
    data = json.dumps(body).encode()
    length = None if shift is None else max(0, len(data) + min(shift, 0))
    # Any other error fails.
    with suppress(UnreadableBody, TooLarge):
        assert read(data + rest, length) is not None


def test_declared_sizes_take_no_memory():
    tracemalloc.start()
    try:
        for size in (10**9, 10**15):
            raw = Tensor("a", "BYTES", size, None, memoryview(bytes(1_000)))
            for each in (raw, raw._replace(datatype="FP64")):
                with pytest.raises(UnreadableBody):
                    decode(each, compact=True)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
