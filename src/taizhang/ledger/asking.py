"""What the list of people may be asked for: filters of the user's form, read from the address, and what is kept out
of the address.

Codes and division codes stand in the address (a colleague opens it and sees their own scope).
Names, numbers and 口径 stay in the session.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.catalogue import Catalogue, Option, Programme, load
from taizhang.catalogue.types import Item
from taizhang.rules import Rule, RuleError, Type, Vocabulary, days, parse

# In the order they are offered; those the user's form does not hold are left out. The first three stand in sight, the
# rest unfold.
OFFERED = (
    "is_poverty_registered",
    "employment_status",
    "is_working",
    "verify_state",
    "work_scope",
    "employment_form",
    "pool_status",
    "sex",
    "education",
    "labour_ability",
    "skill_level",
    "transfer_willingness",
    "has_out_plan",
    "wants_training",
    "main_income_source",
)
ALWAYS = {"work_scope", "sex", "pool_status", "verify_state"}
RANGES = ("age", "monthly_wage", "annual_work_income", "work_months")
REGION = re.compile(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}")
# Items of a movement, which no person's row has.
MOVED = frozenset({"movement_direction", "movement_date", "pool_add_reason", "movement_exit_reason"})
KEPT = 10  # searches a session remembers


@dataclass(frozen=True)
class Filter:
    """One choice in the query form. `options`: wording and the codes it covers."""

    item: str
    label: str
    options: tuple[Option, ...]

    def covered(self, code: str) -> tuple[str, ...]:
        """Every code behind a choice; () for one that is not offered."""
        return next((option.codes for option in self.options if code in option.codes), ())

    def wording(self, code: str) -> str:
        return next((option.label for option in self.options if code in option.codes), code)


@dataclass(frozen=True)
class Lexicon:
    """The words of one user: their programme, or the bare catalogue for an office above programmes."""

    catalogue: Catalogue
    programme: Programme | None

    @property
    def vocabulary(self) -> Vocabulary:
        return self.catalogue.vocabulary(self.programme.id if self.programme else None)

    def items(self) -> Mapping[str, Item]:
        return self.catalogue.items_of(self.programme.id) if self.programme else self.catalogue.items

    def derived(self, item: str) -> Rule | None:
        """The rule of a computed item."""
        own = self.programme.derived.get(item) if self.programme else None
        return own.value if own else self.catalogue.values.get(item)

    def parameters(self) -> dict[str, Any]:
        today = timezone.localdate()
        return {**(self.programme.parameter_values() if self.programme else {}), **days(today)}

    def options(self, item: str) -> tuple[Option, ...]:
        form = self.programme.form if self.programme else None
        if form and item in form.items:
            return tuple(self.catalogue.options(form, item))
        known = self.items()[item]
        if known.kind == "bool":
            return (Option("是", ("true",)), Option("否", ("false",)))
        codes = self.catalogue.lists[known.list].codes.values() if known.list else ()
        return tuple(Option(code.label, (code.code,)) for code in codes if not code.retired)

    def label(self, item: str) -> str:
        form = self.programme.form if self.programme else None
        return form.items[item].label if form and item in form.items else self.items()[item].name

    def filters(self) -> list[Filter]:
        form = self.programme.form if self.programme else None
        computed = (
            [name for name, one in self.programme.derived.items() if one.value.type is Type.BOOL]
            if self.programme
            else []
        )
        offered = [item for item in OFFERED if form is None or item in form.items or item in ALWAYS] + computed
        return [Filter(item, self.label(item), self.options(item)) for item in offered]

    def ranges(self) -> list[str]:
        form = self.programme.form if self.programme else None
        return [item for item in RANGES if form is None or item in form.items or item == "age"]


def lexicon(user: User) -> Lexicon:
    catalogue = load()
    return Lexicon(catalogue, catalogue.programmes.get(user.programme))


@dataclass(frozen=True)
class Private:
    """The part of a question that never stands in an address. `ids`.

    Who a number belongs to (the number itself is not kept).
    """

    name: str = ""
    rule: str = ""
    ids: tuple[str, ...] | None = None
    said: str = ""  # the number, masked

    def __bool__(self) -> bool:
        return bool(self.name or self.rule or self.ids is not None)


@dataclass(frozen=True)
class Question:
    """Everything a list is asked for."""

    regions: tuple[str, ...] = ()
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)  # item -> codes as in the address
    ranges: dict[str, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)
    private: Private = field(default_factory=Private)
    key: str = ""  # of the private part in the session
    people: str = ""  # key of a drill-down, see peoplesets

    def query(self) -> list[tuple[str, str]]:
        """The address of this question."""
        pairs = [("region", code) for code in self.regions]
        pairs += [(item, code) for item, codes in self.chosen.items() for code in codes]
        for item, ends in self.ranges.items():
            pairs += [
                (f"{item}_{end}", str(value))
                for end, value in zip(("from", "to"), ends, strict=True)
                if value is not None
            ]
        pairs += [("s", self.key)] if self.private else []
        return pairs + ([("set", self.people)] if self.people else [])

    @property
    def empty(self) -> bool:
        return not self.query()


def read(data: QueryDict, words: Lexicon, searches: dict[str, Any]) -> Question:
    """The question in an address or a submitted form. What no list offers is left out, as if it had not been asked."""
    regions = tuple(dict.fromkeys(code for code in data.getlist("region") if REGION.fullmatch(code)))
    chosen = {}
    for one in words.filters():
        codes = tuple(code for code in dict.fromkeys(data.getlist(one.item)) if one.covered(code))
        if codes:
            chosen[one.item] = codes
    ranges = {}
    for item in words.ranges():
        ends = (number(data.get(f"{item}_from")), number(data.get(f"{item}_to")))
        if ends != (None, None):
            ranges[item] = ends
    key = data.get("s", "")
    kept = searches.get(key)
    private = (
        Private(kept["name"], kept["rule"], tuple(kept["ids"]) if kept["ids"] is not None else None, kept["said"])
        if kept
        else Private()
    )
    return Question(regions, chosen, ranges, private, key if kept else "", data.get("set", "")[:200])


def number(text: str | None) -> Decimal | None:
    """A figure as people type it; None when there is none."""
    try:
        value = Decimal((text or "").replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < Decimal(10) ** 12 else None


def keep(session: MutableMapping[str, Any], private: Private) -> str:
    """Remember the private part of a question; returns its key. The oldest are forgotten."""
    key = secrets.token_urlsafe(6)
    kept = {
        "name": private.name,
        "rule": private.rule,
        "ids": list(private.ids) if private.ids is not None else None,
        "said": private.said,
    }
    session["searches"] = dict([*session.get("searches", {}).items(), (key, kept)][-KEPT:])
    return key


def check_rule(text: str, words: Lexicon, *, subject: str = "worker", other_days: bool = False) -> Rule | None:
    """The 口径 typed into the list; None when nothing is typed.

    subject: what it is asked of; other_days: whether it may ask another day's row (`at`), which the list cannot.

    Raises RuleError with the word and its place: also for a rule that is not yes/no, and for numbers, which are
    searched in their own box.
    """
    if not text.strip():
        return None
    rule = parse(text, words.vocabulary.about(subject))
    if rule.earlier and not other_days:
        raise RuleError(
            "at(…) 要比另一天的数据，名单只看今天，这里不能用", "at", next(iter(rule.earlier.values())).place.position
        )
    if rule.type is not Type.BOOL:
        raise RuleError("这条口径算出来不是“是”或“否”，不能用来找人；可以加上比较，如 年龄 >= 16")
    sealed = next((item for item in sorted(rule.items) if words.catalogue.items[item].sealed), None)
    if sealed:
        raise RuleError(f"“{words.catalogue.items[sealed].name}”加密保存，不能写进口径；按号码找人用“查人”框")
    reachable = MOVED if subject == "movement" else frozenset()
    homeless = next((item for item in sorted(rule.items - reachable) if words.catalogue.items[item].home is None), None)
    if homeless:
        raise RuleError(f"“{words.catalogue.items[homeless].name}”不在人员行上，这里不能用")
    return rule
