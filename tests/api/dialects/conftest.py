"""Requests of the Open Inference Protocol as its clients send them, written by hand from the specification."""

import json
import struct
from typing import Any

import httpx

LENGTH = "Inference-Header-Content-Length"
FORMATS = {"FP64": "d", "FP32": "f", "FP16": "e", "INT64": "q", "INT8": "b", "BOOL": "?"}


def binary(name: str, datatype: str, values: list[Any], **more: Any) -> tuple[dict[str, Any], bytes]:
    """A tensor in binary form: its JSON object, and its bytes."""
    if datatype == "BYTES":
        raw = b"".join(struct.pack("<I", len(text)) + text for text in map(str.encode, values))
    else:
        raw = struct.pack(f"<{len(values)}{FORMATS[datatype]}", *values)
    about = {"name": name, "shape": [len(values)], "datatype": datatype, "parameters": {"binary_data_size": len(raw)}}
    return about | more, raw


def tensor(name: str, datatype: str, data: list[Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "shape": [len(data)], "datatype": datatype, "data": data} | more


def message(tensors: list[tuple[dict[str, Any], bytes]], **more: Any) -> tuple[bytes, dict[str, str]]:
    """A request with binary tensors: body and headers."""
    head = json.dumps({"inputs": [about for about, _ in tensors]} | more).encode()
    return head + b"".join(raw for _, raw in tensors), {LENGTH: str(len(head))}


def outputs_of(answer: httpx.Response) -> dict[str, Any]:
    """The values of all outputs of a response, in JSON or binary."""
    assert answer.status_code == 200, answer.text
    size = int(answer.headers.get(LENGTH, len(answer.content)))
    body, rest, found = json.loads(answer.content[:size]), answer.content[size:], {}
    for output in body["outputs"]:
        if "data" in output:
            found[output["name"]] = output["data"]
            continue
        end = output["parameters"]["binary_data_size"]
        found[output["name"]] = values(rest[:end], output["datatype"], *output["shape"])
        rest = rest[end:]
    assert not rest
    return found


def values(raw: bytes, datatype: str, rows: int) -> list[Any]:
    if datatype != "BYTES":
        return list(struct.unpack(f"<{rows}{FORMATS[datatype]}", raw))
    texts = []
    while raw:
        (length,) = struct.unpack_from("<I", raw)
        texts.append(raw[4 : 4 + length].decode())
        raw = raw[4 + length :]
    return texts
