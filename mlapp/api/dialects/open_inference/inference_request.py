"""Inference requests: the JSON object, the binary tensors after it, and the checks of both."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mlapp.api.dialects.open_inference.tensors import DATATYPES, TEXT, Tensor
from mlapp.errors import TooLarge, UnreadableBody, shorten
from mlapp.schemas import MAX_JSON_BYTES
from mlapp.services.prediction.reading import parse_json

KEYS = {"id", "model_name", "model_version", "parameters", "inputs", "outputs"}
"""Keys of a request; clients of KServe repeat the model, which the path names."""
MAX_ID_CHARACTERS = 1_000
MAX_OUTPUT_VALUES = 20_000_000
SCALARS = {"BOOL": (bool,), TEXT: (str,), "FP": (float, int), "INT": (int,), "UINT": (int,)}
"""Types of JSON values, by datatype without its size."""


class InferenceRequest(NamedTuple):
    """A request, whose tensors have as many rows each."""

    id: str | None
    inputs: list[Tensor]
    outputs: dict[str, bool] | None
    """Names of the requested outputs, and whether each is to be binary; None for all."""
    binary: bool
    """Whether outputs are binary where the request does not say so for each."""

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.inputs[0].rows

    def outputs_of(self, columns: Sequence[str]) -> dict[str, bool]:
        """Return the names of the outputs of a version with these columns, and whether each is to be binary.

        Raises:
            UnreadableBody: there is no such output.
            TooLarge: the outputs have too many values.
        """
        found = self.outputs or dict.fromkeys(columns, self.binary)
        for name in found:
            if name not in columns:
                known = shorten(", ".join(columns), 300)
                raise UnreadableBody(f"There is no output '{shorten(name)}'; the outputs are {known}.")
        if self.rows * len(found) > MAX_OUTPUT_VALUES:
            raise TooLarge(
                f"The outputs would have {self.rows * len(found):,} values; at most {MAX_OUTPUT_VALUES:,} are allowed. "
                "Send fewer rows, or request fewer outputs."
            )
        return found


def read_request(data: bytes, header_length: int | None) -> InferenceRequest:
    """Read a request; `header_length` is the size of its JSON object in bytes if binary tensors follow.

    Raises:
        UnreadableBody: the request is not one of the protocol.
        TooLarge: the JSON object is too long.
    """
    if header_length is not None and header_length > len(data):
        raise UnreadableBody(
            f"Inference-Header-Content-Length is {header_length:,}, but the body has {len(data):,} bytes."
        )
    end = len(data) if header_length is None else header_length
    if end > MAX_JSON_BYTES:
        limit = MAX_JSON_BYTES // 1_000_000
        raise TooLarge(f"The JSON object of a request may have {limit} MB; send tensors in binary form.")
    body = parse_json(data[:end])
    if type(body) is not dict or type(body.get("inputs")) is not list or not body["inputs"]:
        raise UnreadableBody("The body must be an object with 'inputs', a list with a tensor for each feature.")
    _check_keys(body, KEYS, "The request")
    id_, parameters = body.get("id"), _parameters(body, "The request")
    if id_ is not None and (type(id_) is not str or len(id_) > MAX_ID_CHARACTERS):
        raise UnreadableBody(f"'id' must be a text of at most {MAX_ID_CHARACTERS:,} characters.")
    binary = _boolean(parameters, "binary_data_output", default=False)
    inputs = list(_inputs(body["inputs"], memoryview(data)[end:]))
    return InferenceRequest(id_, inputs, _outputs(body.get("outputs"), default=binary), binary)


def _inputs(tensors: list[Any], raw: memoryview) -> Iterator[Tensor]:
    seen: dict[str, Tensor] = {}
    for found in tensors:
        tensor, raw = _input(found, raw)
        if tensor.name in seen:
            raise UnreadableBody(f"The input '{shorten(tensor.name)}' is given twice.")
        first = next(iter(seen.values()), tensor)
        if tensor.rows != first.rows:
            raise UnreadableBody(
                f"Input '{shorten(tensor.name)}' has {tensor.rows:,} rows, but '{shorten(first.name)}' has "
                f"{first.rows:,}."
            )
        seen[tensor.name] = tensor
        yield tensor
    if len(raw):
        raise UnreadableBody(
            f"{len(raw):,} bytes follow the tensors; 'binary_data_size' of the inputs must add up to the binary data, "
            "and Inference-Header-Content-Length must be the size of the JSON object."
        )


def _input(found: Any, raw: memoryview) -> tuple[Tensor, memoryview]:
    """Return an input tensor, and the binary data that follows it."""
    name = found.get("name") if type(found) is dict else None
    if type(name) is not str:
        raise UnreadableBody("Each of 'inputs' must be an object with 'name', 'shape', 'datatype' and its values.")
    what = f"Input '{shorten(name)}'"
    _check_keys(found, {"name", "shape", "datatype", "parameters", "data"}, what)
    datatype, rows = found.get("datatype"), _rows(found.get("shape"), what)
    if datatype not in DATATYPES:
        raise UnreadableBody(f"{what} has no datatype that is supported; these are {', '.join(DATATYPES)}.")
    size = _parameters(found, what).get("binary_data_size")
    if size is None:
        return Tensor(name, datatype, rows, _values(found.get("data"), rows, datatype, what), memoryview(b"")), raw
    if "data" in found:
        raise UnreadableBody(f"{what} has both 'data' and 'binary_data_size'; send one of them.")
    if type(size) is not int or not 0 <= size <= len(raw):
        raise UnreadableBody(f"{what}: 'binary_data_size' is not within the {len(raw):,} bytes that are left for it.")
    return Tensor(name, datatype, rows, None, raw[:size]), raw[size:]


def _rows(shape: Any, what: str) -> int:
    is_shape = type(shape) is list and len(shape) in (1, 2) and all(type(size) is int and size >= 0 for size in shape)
    if not is_shape or shape[1:] not in ([], [1]):
        raise UnreadableBody(f"{what} must have the shape [rows] or [rows, 1]: each feature is a tensor of its own.")
    rows: int = shape[0]
    return rows


def _values(data: Any, rows: int, datatype: str, what: str) -> list[Any]:
    if type(data) is not list:
        raise UnreadableBody(f"{what} has no values; send 'data', or 'binary_data_size' and binary data.")
    if data and all(type(row) is list and len(row) == 1 for row in data):
        data = [row[0] for row in data]
    if len(data) != rows:
        raise UnreadableBody(f"{what} has {len(data):,} values, but its shape has {rows:,}.")
    allowed = SCALARS[datatype.rstrip("0123456789")]
    if wrong := set(map(type, data)) - {*allowed, type(None)}:
        raise UnreadableBody(f"{what} has values of {datatype}, but 'data' has {wrong.pop().__name__}.")
    values: list[Any] = data
    return values


def _outputs(outputs: Any, *, default: bool) -> dict[str, bool] | None:
    if outputs is None or outputs == []:
        return None
    found: dict[str, bool] = {}
    for output in outputs if type(outputs) is list else [outputs]:
        name = output.get("name") if type(output) is dict else None
        if type(name) is not str or type(outputs) is not list:
            raise UnreadableBody("'outputs' must be a list of objects with the 'name' of an output each.")
        what = f"Output '{shorten(name)}'"
        if name in found:
            raise UnreadableBody(f"{what} is requested twice.")
        _check_keys(output, {"name", "parameters"}, what)
        parameters = _parameters(output, what)
        if "classification" in parameters:
            raise UnreadableBody(f"{what}: the parameter 'classification' is not supported; probabilities are outputs.")
        found[name] = _boolean(parameters, "binary_data", default=default)
    return found


def _parameters(found: dict[str, Any], what: str) -> dict[str, Any]:
    """Return parameters; unknown ones are ignored, as the protocol has it."""
    parameters = found.get("parameters")
    if parameters is None:
        return {}
    if type(parameters) is not dict:
        raise UnreadableBody(f"{what}: 'parameters' must be an object.")
    if any(name.startswith("shared_memory") for name in parameters):
        raise UnreadableBody(f"{what}: shared memory is not supported; send binary data.")
    return parameters


def _boolean(parameters: dict[str, Any], name: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if type(value) is not bool:
        raise UnreadableBody(f"The parameter '{name}' must be true or false.")
    return value


def _check_keys(found: dict[str, Any], known: set[str], what: str) -> None:
    for key in found:
        if key not in known:
            raise UnreadableBody(f"{what} has an unknown key '{shorten(key)}'; known are {', '.join(sorted(known))}.")
