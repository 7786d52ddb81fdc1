"""Routes of the Open Inference Protocol: health, metadata and inference."""

import json
import re
from collections.abc import Iterable
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from mlapp import TITLE, __version__
from mlapp.api.dependencies import services_of
from mlapp.api.dialects.open_inference.inference_request import read_request
from mlapp.api.dialects.open_inference.inference_response import InferenceResponse, write_response
from mlapp.api.dialects.open_inference.tensors import decode, input_type, output_type
from mlapp.api.prefer import prefers
from mlapp.api.request_body import receive_any
from mlapp.errors import UnreadableBody
from mlapp.schemas import Format
from mlapp.services.prediction.reading import BATCHED_BYTES, Translated, check_declared
from mlapp.services.prediction.responses import ONE_PIECE_BYTES, iterate
from mlapp.services.prediction.service import Body, PredictedColumns, Signature

HEADER_LENGTH = "Inference-Header-Content-Length"
EXTENSIONS = ["binary_tensor_data"]
ANY_ROWS = [-1]


async def get_server(_: Request) -> Response:
    """Return the name of the server and its extensions."""
    return _json({"name": TITLE, "version": __version__, "extensions": EXTENSIONS})


async def get_live(_: Request) -> Response:
    """Liveness."""
    return _json({"live": True})


async def get_ready(request: Request) -> Response:
    """Readiness: 503 if the default model is not loaded."""
    services_of(request.app).health.readiness()
    return _json({"ready": True})


async def get_model_ready(request: Request) -> Response:
    """Readiness of a version: it is loaded if it is not yet."""
    model = request.path_params["model"]
    await services_of(request.app).prediction.signature(model, request.path_params.get("version"))
    return _json({"name": model, "ready": True})


async def get_model(request: Request) -> Response:
    """Return the input and output tensors of a version."""
    prediction = services_of(request.app).prediction
    found = await prediction.signature(request.path_params["model"], request.path_params.get("version"))
    inputs = ((feature.name, input_type(feature)) for feature in found.info.features)
    outputs = ((name, output_type(found.info, name)) for name in found.columns)
    metadata = {"name": found.info.model, "versions": [str(found.info.version)], "platform": TITLE}
    return _json(metadata | {"inputs": _tensors(inputs), "outputs": _tensors(outputs)})


async def infer(request: Request) -> Response:
    """Predict rows with the active version of a model, or with the one in the path."""
    services, model = services_of(request.app), request.path_params["model"]
    with services.recorder.rejections(model, ClientDisconnect):
        exchange = _Exchange(_header_length(request.headers.getlist(HEADER_LENGTH)))
        data, version = await receive_any(request), request.path_params.get("version")
    body = Body(data, Format.JSON, {"version": version} if version else {}, exchange.translate)
    strict = prefers(request.headers.getlist("prefer"), "handling=strict")
    found = await services.prediction.predict_columns(body, exchange.write, model, strict=strict)
    headers = {"X-Model-Name": found.model, "X-Model-Version": str(found.version)}
    headers["X-Warnings-Total"] = str(found.warnings_total)
    if found.header_length is not None:
        headers[HEADER_LENGTH] = str(found.header_length)
    media_type = "application/json" if found.header_length is None else "application/octet-stream"
    if (size := sum(map(len, found.body))) <= ONE_PIECE_BYTES:
        return Response(b"".join(found.body), headers=headers, media_type=media_type)
    headers["Content-Length"] = str(size)
    return StreamingResponse(iterate(found.body), headers=headers, media_type=media_type)


class _Exchange:
    """Reads a request, and writes the response to it."""

    def __init__(self, header_length: int | None) -> None:
        self.header_length = header_length

    def translate(self, data: bytes, signature: Signature) -> Translated:
        """Return the input tensors as columns."""
        self.request = read_request(data, self.header_length)
        check_declared(self.request.rows, len(self.request.inputs))
        self.outputs = self.request.outputs_of(signature.columns)
        compact = len(data) > BATCHED_BYTES
        return Translated(columns={tensor.name: decode(tensor, compact=compact) for tensor in self.request.inputs})

    def write(self, predicted: PredictedColumns) -> InferenceResponse:
        """Write the response."""
        return write_response(self.request, self.outputs, predicted)


def _header_length(values: list[str]) -> int | None:
    if not values:
        return None
    if len(values) > 1 or not re.fullmatch("[0-9]{1,12}", values[0]):
        raise UnreadableBody(f"{HEADER_LENGTH} must be the size of the JSON object in bytes.")
    return int(values[0])


def _tensors(types: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"name": name, "datatype": datatype, "shape": ANY_ROWS} for name, datatype in types]


def _json(value: object) -> Response:
    return Response(json.dumps(value), media_type="application/json")
