"""The page's modules as two scripts: few answers over a slow line instead of two dozen, and no comments in them.

Each module becomes a function that hands out its exports, in the order in which they need each other; the second script holds what the first
fetches by `import("...")`. This reads only what our modules write: imports on one line at the top, `export` before const, function or class,
comments on lines of their own, no circles.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

IMPORT = re.compile(r'^import (?:(\{[^}]+\}|\* as \w+) from )?"([^"]+)";\n', re.M)
LATER = re.compile(r'\bimport\("([^"]+)"\)')
EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.M)
COMMENT = re.compile(r"^[ ]*(?://[^\n]*|/\*\*.*?\*/)\n", re.M | re.S)
LEFT = re.compile(r"^(?:import|export)\b.*", re.M)


def bundle(entry: str, read: Callable[[str], str], there: Iterable[str] = (), start: str = "") -> tuple[str, list[str]]:
    """The script, and the modules in it by name. `read(name)` gives a module's text; names are as in `entry`, a path under the static address.

    `there`: the modules of the script at address `start` (relative to this one), which are not said again.
    Raises ValueError for an import or export that is not written as above.
    """
    given = set(there)
    parts: dict[str, str] = {}

    def add(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            raise ValueError(f"{name}: imports itself by {way}")
        if name in parts or name in given:
            return
        text = read(name)
        for _, address in IMPORT.findall(text):
            add(_beside(name, address), (*way, name))
        parts[name] = _function(name, text)

    add(entry, ())
    head = f'import {{ $ }} from "{start}";\n' if start else "export const $ = {};\n"
    return head + "".join(parts.values()), list(parts)


def _beside(name: str, address: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def _function(name: str, text: str) -> str:
    """A module's body as the function of its name."""

    def taken(found: re.Match[str]) -> str:
        what, source = found[1], f'$["{_beside(name, found[2])}"]'
        if not what:
            return ""
        return f"const {what.removeprefix('* as ')} = {source};\n".replace(" as ", ": ")

    def fetched(found: re.Match[str]) -> str:
        return f'{found[0]}.then(() => $["{_beside(name, found[1])}"])'

    exports = [exported for _, exported in EXPORT.findall(text)]
    body = EXPORT.sub(r"\1 \2", LATER.sub(fetched, IMPORT.sub(taken, COMMENT.sub("", text))))
    if left := LEFT.search(body):
        raise ValueError(f"{name}: cannot be bundled: {left[0]}")
    return f'$["{name}"] = (() => {{\n{body}return {{ {", ".join(exports)} }};\n}})();\n'
