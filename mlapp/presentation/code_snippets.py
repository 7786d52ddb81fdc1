"""A prediction as a program asks for it: commands and code to copy, which run as they stand.

Where a key is needed they read it from the environment, by the name of its setting: text that is copied holds none.
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

ESCAPES = {"\\": r"\\", "'": r"\'", "\u2028": r"\u2028", "\u2029": r"\u2029", "</": r"<\/"}
"""What ends a string of JavaScript, or the script of a page around it."""


def curl(base_url: str, record: dict[str, Any], version: int | None = None, key: str | None = None) -> str:
    """Return the command that predicts a row, ready for a POSIX shell.

    With no version, the active one answers; `key` names the variable that holds the key, where one is needed.
    """
    url, body = shlex.quote(_url(base_url, version)), shlex.quote(_body(record))
    header = f' -H "X-API-Key: ${key}"' if key else ""
    return f"curl -X POST {url} -H 'Content-Type: application/json'{header} -d {body}"


def python(base_url: str, record: dict[str, Any], version: int | None = None, key: str | None = None) -> str:
    """Return the program that does the same in Python, with nothing to install."""
    cells = "".join(f"    {name!r}: {value!r},\n" for name, value in record.items())
    imports, header = ("\nimport os", f', "X-API-Key": os.environ["{key}"]') if key else ("", "")
    return PYTHON.format(row=f"{{\n{cells}}}", url=_url(base_url, version), imports=imports, key=header)


def javascript(base_url: str, record: dict[str, Any], version: int | None = None, key: str | None = None) -> str:
    """Return the module that does the same in JavaScript, for Node, and for browsers where no key is needed.

    The row is text there: an object literal would lose a feature that is called `__proto__`.
    """
    header = f', "X-API-Key": process.env.{key}' if key else ""
    return JAVASCRIPT.format(url=_literal(_url(base_url, version)), body=_literal(_body(record)), key=header)


def _url(base_url: str, version: int | None) -> str:
    return f"{base_url.rstrip('/')}/predict" + (f"?version={version}" if version else "")


def _body(record: dict[str, Any]) -> str:
    return json.dumps({"records": [record]}, ensure_ascii=False)


def _literal(text: str) -> str:
    for found, escaped in ESCAPES.items():
        text = text.replace(found, escaped)
    return f"'{text}'"
