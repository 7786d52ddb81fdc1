"""Request bodies that are a JSON object, not a table."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel

from mlapp.api.content_coding import decoded
from mlapp.api.option_schemas import REF
from mlapp.api.request_body import receive_json
from mlapp.errors import UnsupportedType, shorten
from mlapp.schemas import Format


async def read_json_body(request: Request) -> bytes:
    """Return a JSON body.

    Raises:
        UnsupportedType: the content type is not JSON, or the content coding is not supported.
        UnreadableBody: a packed body is damaged.
        TooLarge: the body exceeds its limit.
    """
    media_type = request.headers.get("content-type", "")
    if media_type and Format.of_media_type(media_type) is not Format.JSON:
        raise UnsupportedType(
            f"Unsupported Content-Type '{shorten(media_type)}'; send JSON with -H 'Content-Type: {Format.JSON}'."
        )
    return await receive_json((await decoded(request)).receive)


def json_request_body(schema: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI entry of such a body."""
    content = {Format.JSON: {"schema": {"$ref": REF.format(model=schema.__name__)}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
