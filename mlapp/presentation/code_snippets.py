"""Code snippets that request predictions: curl, Python and JavaScript, ready to run.

If a key is required, they read it from an environment variable; the copied text contains no key.
"""

import json
import shlex
from typing import Any

PYTHON = """\
# Save the client beside this program: {download}
{imports}from client import Client

row = {row}
print(Client({url!r}{key}).predict(row{options}))"""

JAVASCRIPT = """\
const answer = await fetch({url}, {{
  method: "POST",
  headers: {{ "Content-Type": "application/json"{key} }},
  body: {body},
}});
console.log(await answer.json());"""

LINE_SEPARATORS = "\x85\u2028\u2029"
"""Characters that JSON leaves as they are, and that end the block of code around it."""
ESCAPES = {"\\": r"\\", "'": r"\'", "</": r"<\/"}
"""Characters that end a JavaScript string, or the script element around it."""


def curl(
    base_url: str,
    record: dict[str, Any],
    model: str | None = None,
    version: int | None = None,
    key: str | None = None,
) -> str:
    """Return a command for a POSIX shell that predicts a row.

    Without a model the request is for the default one, without a version for the active one. `key` is the environment
    variable of the API key, if one is required.
    """
    url, body = shlex.quote(_url(base_url, model, version)), shlex.quote(_body(record))
    return f"curl -X POST {url} -H 'Content-Type: application/json'{_key_header(key)} -d {body}"


def python(
    base_url: str,
    record: dict[str, Any],
    model: str | None = None,
    version: int | None = None,
    key: str | None = None,
) -> str:
    """Return a Python program that predicts a row with the client of `GET /client.py`."""
    cells = "".join(f"    {name!r}: {value!r},\n" for name, value in record.items())
    imports, value = ("import os\n\n", f', os.environ["{key}"]') if key else ("", "")
    url = base_url.rstrip("/")
    return PYTHON.format(
        download=f"curl -O{_key_header(key)} {shlex.quote(f'{url}/client.py')}",
        imports=imports,
        row=f"{{\n{cells}}}",
        url=url,
        key=value,
        options=(f", model={model!r}" if model else "") + (f", version={version}" if version else ""),
    )


def javascript(
    base_url: str,
    record: dict[str, Any],
    model: str | None = None,
    version: int | None = None,
    key: str | None = None,
) -> str:
    """Return a JavaScript module that predicts a row, for Node, and for browsers if no key is required.

    The row is a string: an object literal would lose a feature named `__proto__`.
    """
    header = f', "X-API-Key": process.env.{key}' if key else ""
    return JAVASCRIPT.format(url=_literal(_url(base_url, model, version)), body=_literal(_body(record)), key=header)


def curl_file(base_url: str, model: str | None = None, version: int | None = None, key: str | None = None) -> str:
    """Return a command for a POSIX shell that predicts all rows of a CSV file, and writes them to another one."""
    options = f"-H 'Content-Type: text/csv'{_key_header(key)} --data-binary @table.csv -o predictions.csv"
    return f"curl -X POST {shlex.quote(_url(base_url, model, version))} {options}"


def _key_header(key: str | None) -> str:
    return f' -H "X-API-Key: ${key}"' if key else ""


def _url(base_url: str, model: str | None, version: int | None) -> str:
    path = f"/models/{model}/predict" if model else "/predict"
    return f"{base_url.rstrip('/')}{path}" + (f"?version={version}" if version else "")


def _body(record: dict[str, Any]) -> str:
    text = json.dumps({"records": [record]}, ensure_ascii=False)
    for separator in LINE_SEPARATORS:
        text = text.replace(separator, f"\\u{ord(separator):04x}")
    return text


def _literal(text: str) -> str:
    for plain, escaped in ESCAPES.items():
        text = text.replace(plain, escaped)
    return f"'{text}'"
