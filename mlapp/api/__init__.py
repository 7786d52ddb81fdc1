"""The HTTP API: routes, middleware, request bodies, errors and the OpenAPI document."""
