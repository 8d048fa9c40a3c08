"""Charts: a Vega-Lite specification drawn on the server, as SVG for a page (marks link to the people) or as a picture
for a paper. Pure: no Django but for marking the SVG as safe.

A drawing is kept by its specification, which holds its numbers: a changed number is another drawing.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Literal

import vl_convert
from django.utils.safestring import SafeString, mark_safe

from taizhang.engine import fonts

# The colours of site/static/site/tokens.css; a specification cannot read custom properties.
PRIMARY, SOFT, LATE, INK, INK_2, RULE, GROUND = (
    "#0b5768", "#86b3bd", "#c27a0e", "#15212b", "#43515e", "#b4bfc9", "#f3f6f8",
)  # fmt: skip
WIDTH, STEP = 340, 28  # px, as the page lays it out; a row is tall enough to be hit
MARK = "https://mark.invalid/"  # Vega keeps only whole addresses; ours is put in afterwards
_LINK = re.compile(rf'xlink:href="{re.escape(MARK)}(\d+)"')
_NOISE = re.compile(r' (?:role|aria-[a-z]+|xmlns:xlink|font-family|pointer-events|class)="[^"]*"')


@dataclass(frozen=True)
class Bar:
    """A bar: `text` stands behind it, `url` opens what it counts, `late` colours it as behind."""

    name: str
    value: float | None
    text: str
    url: str = ""
    late: bool = False


@dataclass(frozen=True)
class Point:
    name: str
    value: float | None
    url: str = ""


@dataclass(frozen=True)
class Chart:
    """A specification, with the addresses and names of its marks in order."""

    title: str
    spec: str
    links: tuple[tuple[str, str], ...] = ()

    @property
    def svg(self) -> SafeString:
        """The drawing for a page: no style attributes, no scripts; it stands beside a table of the same numbers."""
        return mark_safe(_page_svg(self))

    def plain_svg(self) -> str:
        """The drawing as it is, for a PDF."""
        return _drawn(self.spec)

    def png(self, scale: float = 3) -> bytes:
        """The same picture for a Word file."""
        return bytes(vl_convert.vegalite_to_png(self.spec, scale=scale))


def bars(
    title: str,
    found: Sequence[Bar],
    *,
    goal: tuple[float, str] | None = None,
    colour: Literal["a", "b"] = "a",
) -> Chart:
    """One bar per thing, from the top; `goal` is a dashed line with its label."""
    rows = [
        {
            "n": one.name,
            "v": one.value or 0,
            "t": one.text,
            "c": LATE if one.late else PRIMARY if colour == "a" else SOFT,
            "i": index,
            "u": f"{MARK}{index}" if one.url else None,
        }
        for index, one in enumerate(found)
    ]
    longest = max((one.value or 0 for one in found), default=0)
    reach = max(longest, goal[0] if goal else 0, 1e-9) * 1.22  # room for the figures
    y = {
        "field": "i", "type": "ordinal", "title": None,
        "axis": {
            "ticks": False, "labelPadding": 6, "labelLimit": 112, "domainColor": RULE,
            "labelExpr": f"{json.dumps([row['n'] for row in rows], ensure_ascii=False)}[datum.value]",
        },
    }  # fmt: skip
    x = {"field": "v", "type": "quantitative", "axis": None, "scale": {"domain": [0, reach], "nice": False}}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "bar", "height": 15}, "encoding": {"y": y, "x": x, "color": {"field": "c", "scale": None}}},
        {
            "mark": {
                "type": "text", "align": "right" if goal else "left", "dx": 0 if goal else 5, "fontWeight": 600, "color": INK,
            },
            # beside a goal the figures stand in a column, where the dashed line does not cross them
            "encoding": {"y": y, "x": {"datum": reach, "type": "quantitative"} if goal else x, "text": {"field": "t"}},
        },
    ]  # fmt: skip
    if goal:
        at: dict[str, Any] = {"datum": goal[0], "type": "quantitative"}
        once: dict[str, Any] = {"values": [{}]}
        layers += [
            {"data": once, "mark": {"type": "rule", "strokeDash": [3, 3], "color": INK}, "encoding": {"x": at}},
            {
                "data": once,
                "mark": {
                    "type": "text", "baseline": "bottom", "dy": -4, "color": INK_2,
                    "align": "left" if goal[0] < reach * 0.25 else "right" if goal[0] > reach * 0.8 else "center",
                },
                "encoding": {"x": at, "y": {"value": 0}, "text": {"value": goal[1]}},
            },
        ]  # fmt: skip
    if any(row["u"] for row in rows):  # drawn last, over the whole row: easy to hit
        layers.append(
            {
                "transform": [{"filter": "datum.u"}],
                "mark": {"type": "bar", "height": STEP, "opacity": 0},
                "encoding": {
                    "y": y,
                    "x": {"datum": 0, "type": "quantitative"},
                    "x2": {"datum": reach},
                    "href": {"field": "u"},
                },
            }
        )
    spec = {"data": {"values": rows}, "height": {"step": STEP}, "layer": layers}
    return Chart(title, _text(spec), tuple((one.url, f"{one.name} {one.text}") for one in found if one.url))


def line(title: str, points: Sequence[Point], *, goal: tuple[float, str] | None = None) -> Chart:
    """Numbers over time, left to right; a missing one breaks the line. `goal`: where the dashed line ends, which
    rises evenly from nothing."""
    rows = [{"i": index, "n": point.name, "v": point.value} for index, point in enumerate(points)]
    known = [row for row in rows if row["v"] is not None]
    reach = max([*(float(row["v"]) for row in known), goal[0] if goal else 0, 1]) * 1.15  # type: ignore[arg-type]
    x = {
        "field": "i", "type": "ordinal", "title": None,
        "axis": {
            "labelAngle": 0, "ticks": False, "domainColor": RULE, "labelOverlap": True, "grid": False,
            "labelExpr": f"{json.dumps([row['n'] for row in rows], ensure_ascii=False)}[datum.value]",
        },
    }  # fmt: skip
    y = {
        "field": "v", "type": "quantitative", "title": None, "scale": {"domain": [0, reach]},
        "axis": {"ticks": False, "domain": False, "tickCount": 4, "gridColor": RULE},
    }  # fmt: skip
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "line", "color": PRIMARY, "strokeWidth": 2}, "encoding": {"x": x, "y": y}},
        {
            "transform": [{"filter": "isValid(datum.v)"}],
            "mark": {"type": "point", "filled": True, "size": 44, "color": PRIMARY, "opacity": 1},
            "encoding": {"x": x, "y": y},
        },
    ]
    if goal:
        ends = [{"i": 0, "v": goal[0] / max(len(rows), 1)}, {"i": len(rows) - 1, "v": goal[0]}]
        layers.append(
            {
                "data": {"values": ends},
                "mark": {"type": "line", "strokeDash": [3, 3], "color": INK, "strokeWidth": 1},
                "encoding": {"x": x, "y": y},
            }
        )
    return Chart(title, _text({"data": {"values": rows}, "height": 170, "layer": layers}))


def _text(spec: dict[str, Any]) -> str:
    """The specification as text, the same for the same numbers."""
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": None,
        "config": {
            "font": fonts.CHART,
            "view": {"stroke": None},
            "axis": {"labelFontSize": 12, "labelColor": INK_2},
            "text": {"fontSize": 12},
        },
        **spec,
    }
    return json.dumps(whole, ensure_ascii=False, sort_keys=True)


@lru_cache(maxsize=512)
def _drawn(spec: str) -> str:
    return str(vl_convert.vegalite_to_svg(spec))


def _page_svg(chart: Chart) -> str:
    text = _NOISE.sub("", _drawn(chart.spec))
    links = iter(chart.links)

    def link(_: re.Match[str]) -> str:
        url, name = next(links)
        return f'href="{escape(url)}" aria-label="{escape(name)}"'

    text = _LINK.sub(link, text)
    box = re.search(r'viewBox="([^"]+)"', text)
    label = f"chart-{zlib.crc32(chart.spec.encode()):08x}"
    head = (
        f'<svg viewBox="{box[1] if box else ""}" role="group" aria-labelledby="{label}">'
        f'<title id="{label}">{escape(chart.title)}，旁边的表有同样的数</title>'
    )
    return re.sub(r"^<svg[^>]*>", lambda _: head, text)
