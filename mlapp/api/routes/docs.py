"""GET /docs: Swagger UI, served without a CDN."""

import base64
import hashlib
from html import escape

from fastapi import FastAPI
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from mlapp.api.middleware.permissions import DOCS_FILES

SCRIPT = """
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true});
"""
SHA256 = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; script-src 'self' 'sha256-{SHA256}'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en-US"><head><meta charset="utf-8"><title>API · {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="{files}/favicon.png"><link rel="stylesheet" href="{files}/swagger-ui.css">
<style>body {{ margin: 0 }} nav {{ padding: 1rem 1.25rem; font-family: sans-serif }}
.dark-mode nav a {{ color: #a5b4fc }}</style></head>
<body>{back}<main id="swagger-ui"></main>
<script src="{files}/swagger-ui-bundle.js"></script><script>{script}</script></body></html>"""
BACK = '<nav><a href="{pages}/">← Back to the pages</a></nav>'


def add_docs(app: FastAPI, pages: str | None) -> None:
    """Add the page, with a link to the pages if there are any, and the files of Swagger UI."""
    page = PAGE.format(
        title=escape(app.title), files=DOCS_FILES, back=BACK.format(pages=pages) if pages else "", script=SCRIPT
    )

    async def docs() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})

    app.add_api_route("/docs", docs, include_in_schema=False)
    app.mount(DOCS_FILES, StaticFiles(packages=[("fastapi_offline", "static")]))
