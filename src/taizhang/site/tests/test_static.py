"""Over every script, style, template and message that ships: nothing newer than Chrome 90, nothing that needs a hovering or
dragging hand, no message that says what is wrong without saying what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from taizhang.site.environment import ROOT

SOURCE = ROOT / "src" / "taizhang"
# Feature -> how it is written. Chrome's first version with it in brackets; all are above 90.
NEWER_SCRIPT = {
    "structuredClone (98)": r"\bstructuredClone\(",
    "crypto.randomUUID (92)": r"\brandomUUID\(",
    "Array.at (92)": r"(?<!\.)\.at\(-?\w+\)",
    "Object.hasOwn (93)": r"Object\.hasOwn\(",
    "findLast (97)": r"\.findLast(Index)?\(",
    "toSorted and its kin (110)": r"\.(toSorted|toReversed|toSpliced)\(",
    "Object.groupBy (117)": r"\.groupBy\(",
    "static blocks (94)": r"\bstatic\s*\{",
    "private names asked with in (91)": r"#\w+ in \w",
    "AbortSignal.timeout (103)": r"AbortSignal\.(timeout|any)\(",
    "Promise.withResolvers (119)": r"Promise\.withResolvers",
    "inert (102)": r"\.inert\b",
    "popover (114)": r"\bpopover\b|showPopover",
    "flags v and d of patterns (90, 112)": r"/[gimsuy]*[vd][gimsuy]*\.(test|exec)\(",
    "replaceChildren aside, setHTML (none)": r"\.setHTML\(",
    "scheduler (94)": r"\bscheduler\.",
}
NEWER_STYLE = {
    ":has (105)": r":has\(",
    "container queries (105)": r"@container|container-type",
    "cascade layers (99)": r"@layer",
    "nesting (112)": r"(^|[{;])\s*&",
    "inert, popover (102, 114)": r"\[inert\]|:popover-open",
    "accent-color (93)": r"accent-color",
    "color-mix and wide colours (111)": r"color-mix\(|oklch\(|\blab\(",
    "dvh and its kin (108)": r"\d(dvh|svh|lvh|dvw)\b",
    "text-wrap (114)": r"text-wrap",
    "scrollbar-gutter (94)": r"scrollbar-gutter",
    "subgrid (117)": r"\bsubgrid\b",
    "individual transforms (104)": r"(^|[{;])\s*(translate|rotate|scale):",
    ":user-valid (119)": r":user-(in)?valid",
    "range media queries (104)": r"@media[^{]*[<>]",
}
# A rule on :hover that lets something appear, which a thumb never sees.
SHOWS = re.compile(r"([^{}]*:hover[^{}]*)\{[^}]*\b(display|visibility|opacity|height|transform)\s*:")
# Words that end a message without a way on.
NO_WAY_ON = re.compile(
    r"格式错误|格式不正确|格式不对|非法|无效|不合法|输入有误|输入错误|参数错误|操作失败|系统异常|系统错误|未知错误|请求失败|服务器错误"
)
HAN = re.compile(r"[一-鿿]")


def files(*endings: str) -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*") if path.suffix in endings and "tests" not in path.parts)


def bare(path: Path) -> str:
    """Without comments, which may name what they avoid."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"(^|\s)//.*", "", text) if path.suffix == ".js" else text


def newer(text: str, features: dict[str, str]) -> list[str]:
    return [name for name, written in features.items() if re.search(written, text, re.M)]


def test_u45_no_script_or_style_is_newer_than_chrome_90() -> None:
    """U45: a lint over the static files."""
    scripts, styles = files(".js"), files(".css")
    assert len(scripts) > 20
    assert len(styles) > 5
    found = {path.name: newer(bare(path), NEWER_SCRIPT) for path in scripts}
    found |= {path.name: newer(bare(path), NEWER_STYLE) for path in styles}
    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("const copy = structuredClone(row);", NEWER_SCRIPT),
        ("rows.at(-1)", NEWER_SCRIPT),
        ("class A { static { A.x = 1; } }", NEWER_SCRIPT),
        (".field:has(input) { color: red; }", NEWER_STYLE),
        (".a { color: red; & .b { color: blue; } }", NEWER_STYLE),
        ("@media (width <= 900px) { .a { gap: 0; } }", NEWER_STYLE),
    ],
)
def test_the_lint_sees_what_it_is_to_see(text: str, features: dict[str, str]) -> None:
    assert len(newer(text, features)) == 1


def test_u18_nothing_needs_a_hovering_or_dragging_hand() -> None:
    """U18: hovering changes colours only. What is dragged (a column's edge, a signature) has another way: keys, a photo."""
    shown = [rule.strip() for path in files(".css") for rule, _ in SHOWS.findall(bare(path))]
    assert shown == [".chart a:hover path"]  # a tint over a mark that is a link with its words
    dragged = {
        path.name for path in files(".js") if re.search(r"pointermove|mousemove|dragstart|touchmove", bare(path))
    }
    assert dragged == {"widths.js", "image.js"}
    assert [path.name for path in files(".html") if re.search(r"onmouseover|draggable=", path.read_text("utf-8"))] == []


def messages() -> Iterator[tuple[str, str]]:
    """(where, words) of everything written in Chinese that a person may be shown."""
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and HAN.search(node.value):
                yield f"{path.name}:{node.lineno}", node.value
    for path in [*files(".js", ".html", ".yaml"), *sorted((ROOT / "programmes").rglob("*.yaml"))]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if HAN.search(line):
                yield f"{path.name}:{number}", line


def test_u10_no_message_stops_at_saying_that_something_is_wrong() -> None:
    """U10: the words of those who give up stand nowhere."""
    said = list(messages())
    assert len(said) > 5000
    assert [(where, words) for where, words in said if NO_WAY_ON.search(words)] == []
