"""Inference responses: predictions as output tensors, in JSON or binary."""

import json
from typing import Any, NamedTuple

import polars as pl

from mlapp.api.dialects.open_inference.inference_request import InferenceRequest
from mlapp.api.dialects.open_inference.tensors import encode, output_type
from mlapp.services.prediction.service import PredictedColumns

MAX_WARNINGS = 10
"""Warnings whose text is in a response."""


class InferenceResponse(NamedTuple):
    """A response."""

    model: str
    version: int
    warnings_total: int
    header_length: int | None
    """Size of the JSON object if binary tensors follow."""
    body: list[bytes]


def write_response(
    request: InferenceRequest, outputs: dict[str, bool], predicted: PredictedColumns
) -> InferenceResponse:
    """Write the requested outputs, each binary or not."""
    info = predicted.info
    types = {name: output_type(info, name) for name in outputs}
    pieces: dict[str, list[bytes]] = {name: [] for name in outputs}
    for part in predicted.parts:
        for name, binary in outputs.items():
            pieces[name].append(_write_piece(part, name, types[name] if binary else None))
    tensors, binary_data = list[bytes](), list[bytes]()
    for name, binary in outputs.items():
        tensor: dict[str, Any] = {"name": name, "datatype": types[name], "shape": [predicted.rows]}
        if binary:
            tensor["parameters"] = {"binary_data_size": sum(map(len, pieces[name]))}
            tensors.append(json.dumps(tensor).encode())
            binary_data += pieces[name]
        else:
            tensors.append(json.dumps(tensor)[:-1].encode() + b', "data": [' + b", ".join(pieces.pop(name)) + b"]}")
    head = {"model_name": info.model, "model_version": str(info.version), "parameters": _parameters(predicted)}
    if request.id is not None:
        head["id"] = request.id
    text = b"".join([json.dumps(head)[:-1].encode(), b', "outputs": [', b", ".join(tensors), b"]}"])
    length = len(text) if any(outputs.values()) else None
    return InferenceResponse(info.model, info.version, predicted.warnings.total, length, [text, *binary_data])


def _write_piece(part: pl.DataFrame, name: str, binary_type: str | None) -> bytes:
    """Return the values of a column, in JSON if there is no binary type."""
    # There is no column `reliable` if all rows are like those of the training table.
    values = part[name] if name in part.columns else pl.repeat(True, part.height, eager=True)  # noqa: FBT003
    return encode(values, binary_type) if binary_type else json.dumps(values.to_list())[1:-1].encode()


def _parameters(predicted: PredictedColumns) -> dict[str, Any]:
    """Return what is not by row: parameters are plain values."""
    info, warnings = predicted.info, predicted.warnings
    shown = [f"Row {each.row}, '{each.feature}': {each.detail}" for each in warnings.first[:MAX_WARNINGS]]
    # The coverage of a classification is that of sets of classes, which are no output.
    found: dict[str, Any] = {"coverage": info.interval and info.coverage, "threshold": info.threshold}
    found |= {"warnings_total": warnings.total, "warnings": "\n".join(shown) or None}
    return {name: value for name, value in found.items() if value is not None}
