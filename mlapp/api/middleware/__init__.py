"""ASGI middleware, outermost concerns of every request."""
