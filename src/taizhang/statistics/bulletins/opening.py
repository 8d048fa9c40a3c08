"""Where the numbers of a bulletin open to their people: an address for each, and the sentences cut where they stand."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from taizhang.statistics import counted
from taizhang.statistics.boards.breakdown import Cut
from taizhang.statistics.bulletins import drafting
from taizhang.statistics.bulletins.drafting import number
from taizhang.statistics.knowing import Known


class Piece(NamedTuple):
    """Words, and the list they open to (nothing: words only)."""

    text: str
    url: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Opening:
    """The people behind a bulletin's numbers: of a sealed one those known then, of a draft those known now."""

    programme: str
    working: str
    division: str
    on: dt.date
    known: Known

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Opening | None:
        """None for a bulletin that was drawn up before its facts said whose numbers they are."""
        if "working" not in facts:
            return None
        day = dt.date.fromisoformat(facts["cut_off"])
        return cls(facts["programme"], facts["working"], facts["division"], day, "then" if facts["sealed"] else "now")

    def people(self, indicator: str, division: str = "") -> str:
        return counted.url("bulletins", self.programme, indicator, division or self.division, self.on, self.known)

    def group(self, dimension: str, key: str) -> str:
        cut = Cut(self.programme, self.working, self.division, self.on, dimension, known=self.known)
        return counted.list_url(cut.key(key))


def sentences(facts: Mapping[str, Any], part: str, opening: Opening | None) -> list[list[Piece]]:
    """A part's sentences in pieces."""
    told: Sequence[str] = facts["sentences"][part]
    if opening is None:
        return [[Piece(one)] for one in told]
    if part == "targets":
        found = [(len(drafting.target(one)), _target(one, opening)) for one in facts["targets"]]
        phrases = [here for lines, here in found for _ in range(lines)]
        return [cut(one, here) for one, here in zip(told, phrases, strict=True)]
    here = PHRASES[part](facts, opening) if part in PHRASES else {}
    return [cut(one, here) for one in told]


def cut(sentence: str, phrases: Mapping[str, str]) -> list[Piece]:
    """A sentence in pieces, each phrase one of them; of two that begin at the same place the longer wins."""
    if not phrases:
        return [Piece(sentence)]
    either = "|".join(re.escape(one) for one in sorted(phrases, key=len, reverse=True))
    return [Piece(one, phrases.get(one, "")) for one in re.split(f"({either})", sentence) if one]


def _figures(facts: Mapping[str, Any], opening: Opening) -> dict[str, str]:
    return {
        f"{one['name']}{number(one['value'])}{one['unit']}": opening.people(one["indicator"])
        for one in facts["figures"]
    }


def _units(facts: Mapping[str, Any], opening: Opening) -> dict[str, str]:
    return {f"{one['name']}（{one['rate']}%）": opening.people(opening.working, one["code"]) for one in facts["units"]}


def _flow(facts: Mapping[str, Any], opening: Opening) -> dict[str, str]:
    found = {
        f"{one['name']}{one['number']:,}人（{one['share']}%）": opening.group("place", one["key"])
        for one in facts["places"]
    }
    for key, dimension in (("provinces", "work_region"), ("industries", "industry")):
        found |= {f"{one['name']}（{one['number']:,}人）": opening.group(dimension, one["key"]) for one in facts[key]}
    return found


def _target(one: Mapping[str, Any], opening: Opening) -> dict[str, str]:
    rows = {
        f"{row['name']}（{row['percent']}%）": opening.people(one["indicator"], row["division"]) for row in one["rows"]
    }
    return {f"已完成{number(one['actual'])}": opening.people(one["indicator"]), **rows}


PHRASES = {"figures": _figures, "units": _units, "flow": _flow}
