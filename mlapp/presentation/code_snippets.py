"""Code snippets that request predictions: curl, Python and JavaScript, ready to run.

If a key is required, they read it from an environment variable; the copied text contains no key.
"""

import json
import shlex
from typing import Any

PYTHON = """\
import json{imports}
from urllib.request import Request, urlopen

row = {row}
body = json.dumps({{"records": [row]}}).encode()
headers = {{"Content-Type": "application/json"{key}}}
with urlopen(Request({url!r}, body, headers)) as answer:
    print(json.load(answer))"""

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
    header = f' -H "X-API-Key: ${key}"' if key else ""
    return f"curl -X POST {url} -H 'Content-Type: application/json'{header} -d {body}"


def python(
    base_url: str,
    record: dict[str, Any],
    model: str | None = None,
    version: int | None = None,
    key: str | None = None,
) -> str:
    """Return a Python program that predicts a row, using the standard library only."""
    cells = "".join(f"    {name!r}: {value!r},\n" for name, value in record.items())
    imports, header = ("\nimport os", f', "X-API-Key": os.environ["{key}"]') if key else ("", "")
    return PYTHON.format(row=f"{{\n{cells}}}", url=_url(base_url, model, version), imports=imports, key=header)


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
    header = f' -H "X-API-Key: ${key}"' if key else ""
    options = f"-H 'Content-Type: text/csv'{header} --data-binary @table.csv -o predictions.csv"
    return f"curl -X POST {shlex.quote(_url(base_url, model, version))} {options}"


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
