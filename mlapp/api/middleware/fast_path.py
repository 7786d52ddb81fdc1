"""The way that most requests take: a few plain rows in JSON to `/predict`, answered before there is any routing.

FastAPI's way to a route costs more than a prediction. What is not plain JSON, or not plainly answered, goes on to the
route as if it had not been here.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlapp.schemas import PLAIN_BYTES
from mlapp.services.prediction.service import PredictionService

JSON = b"application/json"
ANY = (b"*/*", JSON)
OTHERS = frozenset({b"prefer", b"content-encoding"})
"""Headers that ask for something else."""


class QuickPredictions:
    """Answers what it can, and passes on all else."""

    def __init__(self, app: ASGIApp, prediction: PredictionService) -> None:
        self.app = app
        self.prediction = prediction

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or not _is_plain(scope):
            await self.app(scope, receive, send)
            return
        taken, body = await _take(receive)
        answered = await self.prediction.quick(body) if body else None
        if answered is None:
            await self.app(scope, _again(taken, receive), send)
            return
        version, data = answered
        headers = [
            (b"content-type", JSON),
            (b"content-length", b"%d" % len(data)),
            (b"x-model-version", b"%d" % version),
            (b"x-warnings-total", b"0"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": data})


def _is_plain(scope: Scope) -> bool:
    if scope["path"] != "/predict" or scope["method"] != "POST" or scope["query_string"]:
        return False
    headers = dict(scope["headers"])
    return headers.get(b"content-type") == JSON and headers.get(b"accept", JSON) in ANY and OTHERS.isdisjoint(headers)


async def _take(receive: Receive) -> tuple[list[Message], bytes]:
    """Take in a body; an empty one stands for one that is too long or was cut off."""
    taken = [await receive()]
    size = len(taken[0].get("body", b""))
    while taken[-1].get("more_body") and size <= PLAIN_BYTES:
        taken.append(await receive())
        size += len(taken[-1].get("body", b""))
    whole = taken[-1]["type"] == "http.request" and not taken[-1].get("more_body")
    return taken, b"".join(message.get("body", b"") for message in taken) if whole else b""


def _again(taken: list[Message], receive: Receive) -> Receive:
    """Return what gives once more what was taken, and then what comes."""
    messages = iter(taken)

    async def replay() -> Message:
        message = next(messages, None)
        return message if message is not None else await receive()

    return replay
