"""Routes in the protocols of other servers, for clients that exist already. Each is imported when it is first used.

They are thin translations onto the services, with the same permissions, limits and counters as `/predict`. They are not
in the OpenAPI document: the protocols have specifications and clients of their own, and generated clients of this API
would have each method several times.
"""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, HTTPException, Request, Response

from mlapp.api.paths import INVOCATIONS, INVOCATIONS_OF_MODEL, V2_INFER, V2_INFER_VERSION
from mlapp.api.problems import http_error_response

PREDICT_PATHS = (V2_INFER, V2_INFER_VERSION, INVOCATIONS, INVOCATIONS_OF_MODEL)
"""Templates of the POST routes, which admission control limits; see `split_path`."""

Endpoint = Callable[[Request], Awaitable[Response]]


def add_dialects(app: FastAPI) -> None:
    """Add the routes."""
    for path, name in {
        "/v2": "get_server",
        "/v2/health/live": "get_live",
        "/v2/health/ready": "get_ready",
        "/v2/models/{model}": "get_model",
        "/v2/models/{model}/ready": "get_model_ready",
        "/v2/models/{model}/versions/{version}": "get_model",
        "/v2/models/{model}/versions/{version}/ready": "get_model_ready",
    }.items():
        app.add_api_route(path, _open_inference(name), methods=["GET"], include_in_schema=False)
    for path in (V2_INFER, V2_INFER_VERSION):
        app.add_api_route(path, _open_inference("infer"), methods=["POST"], include_in_schema=False)
    for path in ("/ping", "/version"):
        app.add_api_route(path, _mlflow(f"get_{path[1:]}"), methods=["GET"], include_in_schema=False)
    for path in (INVOCATIONS, INVOCATIONS_OF_MODEL):
        app.add_api_route(path, _mlflow("invoke"), methods=["POST"], include_in_schema=False)
    app.add_api_route("/mcp", _model_context, methods=["POST"], include_in_schema=False)
    # Clients ask whether there is a stream of messages, and end sessions.
    app.add_api_route("/mcp", _no_stream, methods=["GET", "DELETE"], include_in_schema=False)


def _open_inference(name: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        from mlapp.api.dialects.open_inference import routes

        response: Response = await getattr(routes, name)(request)
        return response

    return endpoint


def _mlflow(name: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        from mlapp.api.dialects import mlflow

        response: Response = await getattr(mlflow, name)(request)
        return response

    return endpoint


async def _model_context(request: Request) -> Response:
    from mlapp.api.dialects.mcp import routes

    return await routes.answer(request)


async def _no_stream() -> Response:
    return http_error_response(HTTPException(405, headers={"Allow": "POST"}))
