"""What people can be grouped by: bands written as rules (`dimensions.yaml`), and coded or yes/no items that a snapshot
holds. Pure: no Django.

Sensitive items (health, disability, imprisonment), identities and contacts are never one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import yaml

from taizhang import catalogue
from taizhang.catalogue.types import Item
from taizhang.rules import Rule, parse
from taizhang.rules.sql import Sql, join
from taizhang.statistics.compiling import Compiler, quoted

UNKNOWN = "-"  # the key of 不明
ABROAD = "X"
FILE = Path(__file__).with_name("dimensions.yaml")
Kind = Literal["bands", "codes", "flag", "province"]


@dataclass(frozen=True)
class Dimension:
    """`groups`: key -> wording, in printing order; a person in none of them is 不明."""

    id: str
    name: str
    kind: Kind
    groups: Mapping[str, str]
    item: str = ""
    rules: Sequence[Rule] = ()
    roots: Mapping[str, Sequence[str]] | None = None  # codes: key -> the codes below it

    def wording(self, key: str) -> str:
        return self.groups.get(key, "不明" if key == UNKNOWN else key)

    @cached_property
    def prefix(self) -> int:
        """How many characters of a code are its group's key (C18 -> C); 0 where codes are not built that way."""
        sizes = {len(root) for root in self.roots or {}}
        begin = all(code.startswith(root) for root, codes in (self.roots or {}).items() for code in codes)
        return sizes.pop() if begin and len(sizes) == 1 else 0

    def key(self, compiler: Compiler) -> Sql:
        """Expression: the key of a row's group, never null."""
        place = compiler.dialect.place
        if self.kind == "bands":
            whens = [
                Sql(f"WHEN ({(sql := compiler.rule(rule)).text}) THEN {place}", (*sql.params, key))
                for key, rule in zip(self.groups, self.rules, strict=True)
            ]
            cases = join(" ", whens)
            return Sql(f"CASE {cases.text} ELSE {place} END", (*cases.params, UNKNOWN))
        column = quoted(self.item)
        if self.kind == "flag":
            return Sql(f"CASE WHEN {column} THEN '1' WHEN NOT {column} THEN '0' ELSE '{UNKNOWN}' END")
        if self.kind == "province":
            return Sql(
                f"CASE WHEN {column} IS NULL THEN '{UNKNOWN}' WHEN {column} < 'A' THEN left({column}, 2) "
                f"ELSE '{ABROAD}' END"
            )
        if not self.roots:
            return Sql(f"coalesce({column}, '{UNKNOWN}')")
        if self.prefix:  # many times cheaper than looking through every code
            return Sql(f"coalesce(left({column}, {self.prefix}), '{UNKNOWN}')")
        whens = [
            Sql(f"WHEN {column} IN ({', '.join([place] * len(codes))}) THEN {place}", (*codes, key))
            for key, codes in self.roots.items()
        ]
        cases = join(" ", whens)
        return Sql(f"CASE {cases.text} ELSE {place} END", (*cases.params, UNKNOWN))


@lru_cache(maxsize=1)
def banded() -> dict[str, Dimension]:
    """The dimensions of `dimensions.yaml`."""
    words = catalogue.load().vocabulary()
    found = {}
    for one in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        rules = tuple(parse(text, words) for text in one["bands"].values())
        groups = {str(number): wording for number, wording in enumerate(one["bands"], start=1)}
        found[one["id"]] = Dimension(one["id"], one["name"], "bands", groups, rules=rules)
    return found


def rules() -> list[Rule]:
    """Every rule of a band: what a snapshot has to hold so that people can be grouped."""
    return [rule for dimension in banded().values() for rule in dimension.rules]


def of_item(item: Item, provinces: Mapping[str, str]) -> Dimension | None:
    """An item as a dimension; None for kinds that have no groups of their own."""
    if item.kind == "bool":
        return Dimension(item.id, item.name, "flag", {"1": "是", "0": "否"}, item.id)
    if item.kind == "region":
        return Dimension(item.id, f"{item.name}（省）", "province", {**provinces, ABROAD: "境外"}, item.id)
    if item.kind != "enum" or not item.list:
        return None
    codes = catalogue.load().lists[item.list].codes
    parents = {code: one.parent for code, one in codes.items()}
    if not any(parents.values()):
        return Dimension(item.id, item.name, "codes", {code: one.label for code, one in codes.items()}, item.id)
    roots: dict[str, list[str]] = {}
    for code in codes:
        roots.setdefault(_root(code, parents), []).append(code)
    return Dimension(item.id, item.name, "codes", {root: codes[root].label for root in roots}, item.id, roots=roots)


def _root(code: str, parents: Mapping[str, str | None]) -> str:
    while parent := parents.get(code):
        code = parent
    return code


def may_group(item: Item) -> bool:
    """Whether people may be grouped by an item at all."""
    return not (item.special or item.sealed) and item.sensitivity not in ("identity", "contact")


@dataclass(frozen=True)
class Choice:
    """All dimensions there are, by id: the banded ones first."""

    held: Callable[[], Mapping[str, object]]
    provinces: Callable[[], Mapping[str, str]]

    @cached_property
    def all(self) -> dict[str, Dimension]:
        items, found = catalogue.load().items, dict(banded())
        provinces = self.provinces()
        for name in self.held():
            item = items.get(name)
            if item and may_group(item) and name not in found and (one := of_item(item, provinces)):
                found[name] = one
        return found
