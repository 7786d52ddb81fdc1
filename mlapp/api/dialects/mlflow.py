"""Scoring protocol of MLflow: /invocations for the default model, /models/{model}/invocations for any.

Bodies are JSON in the forms of MLflow, or the files that `/predict` takes. The response is that of `/predict` in JSON,
which has `predictions` as MLflow has it.

Source: MLflow, Local Inference Server Spec; mlflow.pyfunc.scoring_server.
"""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from mlapp import __version__
from mlapp.api.dependencies import services_of
from mlapp.api.prefer import prefers
from mlapp.api.request_body import spool_body
from mlapp.errors import UnreadableBody, shorten
from mlapp.schemas import Format
from mlapp.services.prediction.reading import Translated, parse_json
from mlapp.services.prediction.service import Body, Signature

FORMS = ("dataframe_records", "dataframe_split", "inputs", "instances")
ONE_FORM = f"The body must be an object with exactly one of {', '.join(FORMS)}, and options in 'params'."
AS_JSON = dict.fromkeys(Format, Format.JSON)


async def get_ping(request: Request) -> Response:
    """Readiness: 503 if the default model is not loaded."""
    services_of(request.app).health.readiness()
    return Response("\n", media_type="application/json")


async def get_version(_: Request) -> Response:
    """Return the version of this server, as text."""
    return Response(__version__, media_type="application/json")


async def invoke(request: Request) -> Response:
    """Predict rows with the active version of a model, or with the one in the option `version`."""
    services, model = services_of(request.app), request.path_params.get("model")
    with services.recorder.rejections(model or services.prediction.default, ClientDisconnect):
        async with spool_body(request) as received:
            data = await received.read()
    is_json = received.format is Format.JSON or (received.format is None and data[:100].lstrip()[:1] in (b"{", b"["))
    body = Body(data, received.format, received.options)
    if is_json:
        body = Body(data, Format.JSON, received.options, translate)
    strict = prefers(request.headers.getlist("prefer"), "handling=strict")
    result = await services.prediction.predict(body, AS_JSON, model, strict=strict)
    headers = {"X-Model-Name": result.model, "X-Model-Version": str(result.version)}
    headers["X-Warnings-Total"] = str(result.warnings_total)
    if isinstance(result.body, bytes):
        return Response(result.body, headers=headers, media_type=result.media_type)
    return StreamingResponse(result.chunks, headers=headers, media_type=result.media_type)


def translate(data: bytes, signature: Signature) -> Translated:
    """Return the rows of a JSON body: records, columns, or lists of values in the order of the features.

    Raises:
        UnreadableBody: the body has none of the forms, or several.
        TooLarge: the body is too long.
    """
    body = parse_json(data)
    if type(body) is not dict:
        raise UnreadableBody(ONE_FORM)
    params = body.pop("params", None)
    options = {} if params is None else params
    if len(body) != 1 or type(options) is not dict:
        raise UnreadableBody(ONE_FORM)
    ((form, rows),) = body.items()
    if form not in FORMS:
        raise UnreadableBody(f"{ONE_FORM} There is '{shorten(form)}'.")
    # Lists of values are in the order of the version that is asked, which is another one then.
    features = None if "version" in options else [feature.name for feature in signature.info.features]
    return _read(form, rows, features)._replace(options=options)


def _read(form: str, rows: Any, features: list[str] | None) -> Translated:
    if form == "dataframe_split":
        return _split(rows, features)
    if type(rows) is dict and form != "dataframe_records":
        return _named(form, rows)
    if type(rows) is not list:
        raise UnreadableBody(f"'{form}' must be a list, with an object or a list of values for each row.")
    if form == "dataframe_records" or (rows and all(type(row) is dict for row in rows)):
        return Translated(records=rows)
    names = _in_order(features)
    if len(names) == 1 and not any(type(row) is list for row in rows):
        rows = [[value] for value in rows]
    return _positional(form, rows, names)


def _split(frame: Any, features: list[str] | None) -> Translated:
    """Return a frame of pandas; it has numbers for names if it was made of an array, or none."""
    is_frame = type(frame) is dict and frame.keys() <= {"columns", "index", "data"}
    if not is_frame or type(frame.get("data")) is not list or type(frame.get("columns", [])) is not list:
        raise UnreadableBody(
            "'dataframe_split' must be an object with 'columns' and 'data', a list of rows, as of df.to_dict('split')."
        )
    columns = frame.get("columns", list(range(len(features or ()))))
    names = list(map(str, columns))
    if columns == list(range(len(columns))) and not set(names) <= set(features or ()):
        names = _in_order(features)
    if len(set(names)) < len(names):
        raise UnreadableBody("'dataframe_split' has a column twice.")
    return _positional("dataframe_split", frame["data"], names)


def _named(form: str, columns: dict[str, Any]) -> Translated:
    """Return an object of columns, whose values may be lists of one, or of one row."""
    if not any(type(values) is list for values in columns.values()):
        return Translated(records=[columns])
    if not all(type(values) is list for values in columns.values()) or len(set(map(len, columns.values()))) > 1:
        raise UnreadableBody(f"'{form}' must be an object of lists of the same length, one for each feature.")
    return Translated(columns={name: _flat(values) for name, values in columns.items()})


def _flat(values: list[Any]) -> list[Any]:
    is_column = all(type(value) is list and len(value) == 1 for value in values)
    return [value[0] for value in values] if is_column else values


def _positional(form: str, rows: list[Any], names: list[str]) -> Translated:
    for number, row in enumerate(rows):
        if type(row) is not list or len(row) != len(names):
            count = f"{len(row):,} values" if type(row) is list else "no list of values"
            expected = shorten(", ".join(names), 300)
            raise UnreadableBody(f"'{form}': row {number} has {count}; {len(names)} are expected: {expected}.")
    return Translated(columns={name: [row[index] for row in rows] for index, name in enumerate(names)})


def _in_order(features: list[str] | None) -> list[str]:
    if features is None:
        raise UnreadableBody("Rows without names need the version in the query (?version=), not in 'params'.")
    return features
