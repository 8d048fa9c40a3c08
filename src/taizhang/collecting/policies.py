"""Decisions of the room: which villages share a point, what an attempt may say. Values in, value or error out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from taizhang.catalogue.schema import Programme
from taizhang.engine.errors import DomainError

THRESHOLD = "采集点人口"  # the parameter of a programme's notice
DEFAULT_THRESHOLD = 1000  # sichuan-2022 三(一); other notices name none


@dataclass(frozen=True)
class Village:
    """A village and how many people it counts."""

    code: str
    name: str
    people: int

    @property
    def town(self) -> str:
        return self.code[:9]


def threshold(programme: Programme | None, on: dt.date) -> int:
    """From how many inhabitants a village has a point of its own."""
    values = programme.parameter_values(on) if programme else {}
    return int(values.get(THRESHOLD, DEFAULT_THRESHOLD))


def propose(villages: Iterable[Village], least: int) -> list[list[Village]]:
    """The rule of sichuan-2022 三(一): villages of `least` people and more alone, smaller ones of a town together, in the
    order of their codes, until they are `least` too; what is left over joins the last group of small ones of the town.
    """
    groups = []
    for _, inside in groupby(sorted(villages, key=lambda one: one.code), key=lambda one: one.town):
        town = list(inside)
        groups += [[one] for one in town if one.people >= least] + _together(
            [one for one in town if one.people < least], least
        )
    return sorted(groups, key=lambda group: group[0].code)


def _together(small: Sequence[Village], least: int) -> list[list[Village]]:
    groups: list[list[Village]] = []
    open_group: list[Village] = []
    for village in small:
        open_group.append(village)
        if sum(one.people for one in open_group) >= least:
            groups.append(open_group)
            open_group = []
    if open_group and groups:
        groups[-1] += open_group
    elif open_group:
        groups.append(open_group)
    return groups


def name_for(group: Sequence[Village]) -> str:
    """天台采集点; of several villages 天台等3村采集点."""
    first = group[0].name
    for ending in ("村民委员会", "社区居民委员会", "居民委员会", "村委会", "居委会"):
        first = first.removesuffix(ending)
    return f"{first}采集点" if len(group) == 1 else f"{first}等{len(group)}村采集点"


def read_name(text: str) -> str:
    """Raises DomainError "no_name"."""
    name = " ".join(text.split())
    if not 2 <= len(name) <= 60:
        raise DomainError("no_name", "采集点的名称没有填好。请写 2 到 60 个字，如“天台采集点”。")
    return name


def check_one_town(codes: Iterable[str]) -> str:
    """The town of these villages. Raises DomainError "several_towns", "no_villages"."""
    towns = {code[:9] for code in codes}
    if not towns:
        raise DomainError("no_villages", "还没有选村。请至少选一个村（社区）。")
    if len(towns) > 1:
        raise DomainError("several_towns", "一个采集点只能管同一个乡镇的村，请按乡镇分开设。")
    return towns.pop()
