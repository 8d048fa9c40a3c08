"""Shapes of a programme's folder: `programme.yaml`, `form.yaml`, `indicators.yaml`, `tables/*.yaml`.

Every key that holds a rule is typed `RuleText`: the loader parses it with the programme's own vocabulary, so after
loading
the attribute is a parsed `rules.Rule` (its text is `.text`). Keys that are not listed here are refused by name.
A code is always quoted ("01"); a date is written 2020-10-01; a wording may be any text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo, model_validator

from taizhang.rules import Rule, RuleError, Vocabulary, parse

from .targets import Target
from .types import SUBJECTS, Codes, CodeText, Strict

MEASURE = re.compile(r"\s*(count|people|sum|mean|distinct)\s*(?:\((.*)\))?\s*", re.DOTALL)
SUM = r"\d+(\s*[-+*/]\s*(\d+|万))*"  # column numbers; 万 is 10,000
CHECK = re.compile(rf"\s*{SUM}\s*(=|<=|>=)\s*{SUM}\s*")


class RuleMistake(ValueError):
    """A rule that does not parse, with the offending word for the loader's report."""

    def __init__(self, error: RuleError) -> None:
        super().__init__(error.message)
        self.word = error.word


def _parse_counting_rule(text: object, info: ValidationInfo) -> Rule:
    """A rule of an indicator or register: over rows of its `of`, and it may ask another day (`at`)."""
    if not isinstance(text, str):
        raise ValueError("这里要写一条口径（文字）")
    vocabulary = (info.context or {})["vocabulary"]
    assert isinstance(vocabulary, Vocabulary)
    try:
        return parse(text, vocabulary.about(info.data.get("of", "worker")))
    except RuleError as error:
        raise RuleMistake(error) from error


def _parse_rule(text: object, info: ValidationInfo) -> Rule:
    rule = _parse_counting_rule(text, info)
    if rule.earlier:
        raise RuleMistake(RuleError("at(…) 要比另一天的数据，只能写在指标（indicators.yaml）和登记册的口径里", "at"))
    return rule


def _parse_rule_or_flag(value: object, info: ValidationInfo) -> Rule | bool:
    return value if isinstance(value, bool) else _parse_rule(value, info)


RuleText = Annotated[Rule, PlainValidator(_parse_rule)]
CountingRule = Annotated[Rule, PlainValidator(_parse_counting_rule)]
RuleOrFlag = Annotated[Rule | bool, PlainValidator(_parse_rule_or_flag)]


class Measure(NamedTuple):
    """How an indicator adds up: `count` of rows, `people` (distinct), `sum`/`mean` of `value`, `distinct` values of it
    (households by their number: a value belongs to one village, so villages add up)."""

    kind: Literal["count", "people", "sum", "mean", "distinct"]
    value: Rule | None
    text: str


def _parse_measure(text: object, info: ValidationInfo) -> Measure:
    found = MEASURE.fullmatch(text) if isinstance(text, str) else None
    if not found or (found[1] in ("sum", "mean", "distinct")) != bool(found[2]):
        raise ValueError(f"“{text}”不是统计方式；可写 count、people、sum(表达式)、mean(表达式)、distinct(表达式)")
    value = _parse_counting_rule(found[2], info) if found[2] else None
    return Measure(found[1], value, str(text))  # type: ignore[arg-type]


# -- programme.yaml ------------------------------------------------------------------------------------------------


class Step(Strict):
    """One step of review: the record reaches `state` when an office of level `by` decides."""

    state: str  # township_approved, county_accepted, team_confirmed ...
    by: str  # village | township | county | team | city | province
    name: str | None = None  # what the notice calls the step: 乡镇审核, 专班确认
    clause: str | None = None


class Review(Strict):
    """`entry: after` = nothing enters the ledger before the last step; `before` = it enters at once and is audited
    later. `name`: what to call it where a notice allows several ways."""

    name: str | None = None
    entry: Literal["before", "after"]
    steps: tuple[Step, ...]
    clause: str | None = None


class Due(Strict):
    """When a duty is due. Exactly one of: `date`; `dates`; `every` with `day` (1-31 or month_end), `month_end: true`
    or `working_day`; `hours` after an event; `text`.

    `month` = which month of the period (1 = first) for quarter, half_year, year. `before: true` prints "20日前" and
    means until the 20th, 24:00. `shift: next_workday` moves a day off to the next working day (default: no shift).
    """

    date: dt.date | None = None
    dates: tuple[dt.date, ...] = ()
    every: Literal["month", "quarter", "half_year", "year"] | None = None
    day: Annotated[int, Field(ge=1, le=31)] | Literal["month_end"] | None = None
    month: int | None = Field(default=None, ge=1, le=12)
    month_end: bool = False
    working_day: int | None = None
    following: bool = False  # counted in the period after the one reported on
    hours: int | None = None
    after: str | None = None
    before: bool = False
    shift: Literal["next_workday"] | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    text: str | None = None


class Duty(Strict):
    """A line of the business calendar (rules.md 1)."""

    id: str
    what: str
    who: str
    to: str | None = None
    due: Due
    clause: str | None = None


class Sealing(Strict):
    """How a programme closes its figures (封账): every month, quarter ..., or on the `dates` of `cut_off`.

    cut_off: the day up to which data count, apart from the day they are due. duties: level (point, town, county) -> the line of
    `calendar` that says until when; null where the notice gives that level no day. since: the first cut-off.
    """

    every: Literal["month", "quarter", "half_year", "year"] = "month"
    cut_off: Due
    duties: Mapping[str, str | None]
    since: dt.date
    clause: str | None = None
    note: str | None = None


class Parameter(Strict):
    """A named threshold, written `:名称` in rules. `from`/`to` date it."""

    value: Decimal | dt.date | str
    unit: str | None = None
    clause: str | None = None
    note: str | None = None
    since: dt.date | None = Field(default=None, alias="from")
    until: dt.date | None = Field(default=None, alias="to")


class Ask(Strict):
    """What to ask somebody who may have changed, at most three questions. The first whose `when` holds is asked."""

    when: RuleText | None = None
    ask: Annotated[tuple[str, ...], Field(min_length=1, max_length=3)]


class Rounds(Strict):
    """How often everybody of the pool is to be verified (核实). `duty`: the line of `calendar` that says how often and
    until when; `due` where the calendar has none. since: the first round is the one that is due on this day or later.
    """

    duty: str | None = None
    due: Due | None = None
    since: dt.date
    clause: str
    note: str | None = None
    asks: tuple[Ask, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> Rounds:
        if (self.duty is None) == (self.due is None):
            raise ValueError("duty 和 due 写一个，只写一个")
        if self.due is not None and self.due.every is None:
            raise ValueError("due 要写 every：多久核实一轮")
        return self


class ScopeRule(Strict):
    """Who is in the programme's pool: a yes/no rule over a person."""

    rule: RuleText
    clause: str | None = None
    text: str | None = None


class Derived(Strict):
    """A programme's own computed item: usable by its name in every rule of the folder. May use catalogue items and
    derived items above it."""

    name: str
    synonyms: tuple[str, ...] = ()
    type: str | None = None  # only when the rule's own type does not say it (enum needs type and list)
    list: str | None = None
    unit: str | None = None
    value: RuleText
    clause: str | None = None
    explanation: str | None = None


class Adds(Strict):
    """Reasons (codes of CL-ADD) written to the movement ledger when nobody names one. `add_when`: code -> condition,
    first true wins."""

    default: CodeText
    add_when: dict[str, RuleText] = {}


def _as_adds(value: object) -> object:
    return {"default": value} if isinstance(value, str | int) else value


# -- form.yaml -----------------------------------------------------------------------------------------------------


class FormItem(Strict):
    """A field of a form.

    label: the form's exact words. required: true or a rule; only asked where the field is shown. shown: rule; the
    section's applies too.
    forbid: what a filled field is that should not be shown: error (default), warning, none.
    allowed: rules that must not be false. options: this form's wording -> code or [codes] (the first is stored, all
    are covered in rules).
    column_names: further headers that mean this field in a workbook. parts: a place split over several columns,
    highest first,
    e.g. [{level: county, label: 县}, {level: town, label: 乡镇}, {level: village, label: 村}]; the workbook's columns
    are `item.level`.
    """

    item: str
    label: str
    required: RuleOrFlag = False
    shown: RuleText | None = None
    forbid: Literal["error", "warning", "none"] = "error"
    allowed: tuple[Allowed, ...] = ()
    clause: str | None = None
    hint: str | None = None
    explanation: str | None = None
    unit: str | None = None
    options: dict[str, Codes] = {}
    column_names: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    example: str | None = None


class Allowed(Strict):
    """A condition on one field; false = `message` to the clerk."""

    rule: RuleText
    message: str
    severity: Literal["error", "warning"] = "error"
    clause: str | None = None


class Part(Strict):
    """One column of a place that a workbook splits."""

    level: Literal["province", "city", "county", "town", "village"]
    label: str
    column_names: tuple[str, ...] = ()


class Section(Strict):
    """A block of the form; `shown` is its skip rule, `clause` where the notice says so, `message` what a filled
    hidden block is told."""

    title: str
    shown: RuleText | None = None
    clause: str | None = None
    message: str | None = None
    items: tuple[FormItem, ...]


class FillRule(Strict):
    """A rule over the whole row. It fails only when false (never on null). `message` in the notice's words, with how
    to fix it;
    `{姓名}` or `{full_name}` in it is replaced by the row's value. `items`: fields the message stands at (first =
    main)."""

    id: str
    items: tuple[str, ...] = Field(min_length=1)
    severity: Literal["error", "warning"] = "error"
    rule: RuleText
    message: str
    clause: str | None = None


class Column(NamedTuple):
    """One column of the form's workbook: `id` is an item, or `item.level` for a part of a place."""

    id: str
    item: str
    level: str | None
    label: str
    names: tuple[str, ...]  # every header that means this column, the label first


class Form(Strict):
    """A collection form, one version. `id` is the programme's id."""

    id: str
    version: str
    title: str
    source: str | None = None
    note: str | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    sections: tuple[Section, ...]
    rules: tuple[FillRule, ...] = ()
    instructions: tuple[str, ...] = ()  # 填写说明, a line each
    example: dict[str, str] = {}  # item -> a sample answer for the example sheet

    @cached_property
    def items(self) -> Mapping[str, FormItem]:
        """Item id -> field, in the form's order."""
        return {field.item: field for section in self.sections for field in section.items}

    def section_of(self, item: str) -> Section:
        return next(section for section in self.sections for field in section.items if field.item == item)

    def clause(self, rule: str, item: str | None = None) -> str | None:
        """The notice's clause behind a finding."""
        for fill_rule in self.rules:
            if fill_rule.id == rule:
                return fill_rule.clause
        if item is not None and item in self.items:
            return self.items[item].clause or self.section_of(item).clause
        return None

    def columns(self, names: Mapping[str, tuple[str, ...]]) -> Iterator[Column]:
        """The workbook's columns in order; `names` gives an item's catalogue names, used as further headers."""
        for field in self.items.values():
            if not field.parts:
                words = dict.fromkeys((field.label, *field.column_names, *names.get(field.item, ())))
                yield Column(field.item, field.item, None, field.label, tuple(words))
            for part in field.parts:
                words = dict.fromkeys((part.label, *part.column_names))
                yield Column(f"{field.item}.{part.level}", field.item, part.level, part.label, tuple(words))


# -- indicators.yaml -----------------------------------------------------------------------------------------------


def _subject(value: object) -> object:
    if value not in SUBJECTS:
        known = "、".join(f"{name}（{said}）" for name, said in SUBJECTS.items())
        raise ValueError(f"“{value}”在台账里还没有表，数不了；of 可以写 {known}")
    return value


class Indicator(Strict):
    """A number with a name. `of`: what is counted. `where`: which of them. `text`: the 口径 in words, printed beside
    the number.

    The rules of a fact (`of: spell`) read the fact's own items and, where it has none of that name, its person's;
    `人.务工地点` is the person's in any case.
    """

    id: str
    name: str
    unit: str = "人"
    of: Annotated[str, BeforeValidator(_subject)] = "worker"
    where: CountingRule | None = None
    measure: Annotated[Measure, PlainValidator(_parse_measure)] = Measure("count", None, "count")
    clause: str | None = None
    text: str | None = None
    note: str | None = None
    decimals: int = 0


# -- tables/*.yaml -------------------------------------------------------------------------------------------------


ByHand = Literal["", "sum", "rate", "text"]  # what a typed column is to the level above; "": it is not typed


def _by_hand(given: object) -> object:
    return ("sum" if given else "") if isinstance(given, bool) else given


class TableColumn(Strict):
    """A head of a table, with `columns` below it, or a leaf.

    A leaf of kind `cells`: `indicator`, or `formula` over the printed numbers ("3/1", "1-3", "2/1/万"; `percent: true`
    prints x100 with %), or `target` (goal of targets.csv: an indicator, or the mark of a line), or `by_hand`: the ledger
    holds nothing to count, officers type it: `sum` (or true: units without a number of their own add up those below),
    `rate` (each unit types its own), `text`.
    A leaf of kind `register`: `item` (printed as label), or `value` (rule), or `row_number: true`, or `part` of a
    place item; in a list of changes also `change`: a part of the change.
    """

    title: str
    no: int | None = None  # the number printed under the head; checks and formulas refer to it
    columns: tuple[TableColumn, ...] = ()
    indicator: str | None = None
    formula: str | None = None
    target: str | None = None
    by_hand: Annotated[ByHand, BeforeValidator(_by_hand)] = ""
    percent: bool = False
    decimals: int = 0
    unit: str | None = None
    item: str | None = None
    part: Literal["province", "city", "county", "town", "village", "path"] | None = None
    value: CountingRule | None = None
    row_number: bool = False
    change: Literal["item", "before", "after", "day", "how", "confirmed_by"] | None = None
    labels: dict[str, str] = {}  # code or value -> this table's wording
    width: int | None = None
    note: str | None = None

    def leaves(self) -> Iterator[TableColumn]:
        if not self.columns:
            yield self
        for column in self.columns:
            yield from column.leaves()


class Table(Strict):
    """A report table (`kind: cells`, one row per division and a total) or a register (`kind: register`, one row per
    person, or per item that changed in the month: `rows: changes` of `items`)."""

    id: str
    title: str
    kind: Literal["cells", "register"]
    source: str | None = None
    clause: str | None = None
    period: Literal["month", "quarter", "half_year", "year"] | None = None
    level: Literal["village", "town", "county", "city"] | None = None
    header: tuple[TableColumn, ...] = Field(default=())
    columns: tuple[TableColumn, ...] = Field(default=())  # same as header; the usual word for a register
    rows: Literal["divisions", "people", "changes"] = "divisions"
    items: tuple[str, ...] = ()  # list of changes: which items' changes are listed
    where: CountingRule | None = None  # register: who is listed
    sort: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sign: tuple[str, ...] = ()
    seal: bool = True
    landscape: bool = True

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind == "cells") != (self.rows == "divisions"):
            raise ValueError("kind: register 的表 rows 写 people 或 changes，kind: cells 的表 rows 写 divisions")
        if (self.rows == "changes") != bool(self.items):
            raise ValueError("rows: changes 的表在 items 里写明列哪些数据项的变动，别的表不写 items")
        numbers = {leaf.no for leaf in self.leaves}
        for check in (*self.checks, *(f"{leaf.formula} = 0" for leaf in self.leaves if leaf.formula)):
            if not CHECK.fullmatch(check):
                raise ValueError(f"“{check}”不是栏号等式，应如 4+5+6=3")
        if self.kind == "cells":
            for leaf in self.leaves:
                if bool(leaf.indicator) + bool(leaf.formula) + bool(leaf.target) + bool(leaf.by_hand) != 1:
                    raise ValueError(f"“{leaf.title}”一栏要写 indicator、formula、target、by_hand 中的一个")
        for check in self.checks:
            unknown = [n for n in re.findall(r"\d+", check) if int(n) not in numbers]
            if unknown:
                raise ValueError(f"校验“{check}”里的第 {unknown[0]} 栏不存在")
        return self

    @cached_property
    def leaves(self) -> tuple[TableColumn, ...]:
        return tuple(leaf for column in (*self.header, *self.columns) for leaf in column.leaves())


class Scorecard(Strict):
    """How units are marked in bulletins, 0 to 100: weights of timeliness, completeness and accuracy (any scale).

    record: when a person's record counts as complete, `text` in words. per_day: marks lost per day late.
    talk_below: who scores less is to be talked to (约谈).
    """

    timely: int = Field(ge=0)
    complete: int = Field(ge=0)
    accurate: int = Field(ge=0)
    record: RuleText
    text: str
    per_day: int = Field(default=10, ge=0)
    talk_below: int = Field(default=60, ge=0, le=100)
    clause: str | None = None


class Board(Strict):
    """What the dashboard shows: `working`: the indicator of those who count as working; `rate`: what their share of the
    pool is called; `figures`: the headline indicators (the rate is one more)."""

    working: str
    rate: str
    figures: tuple[str, ...] = Field(min_length=1, max_length=5)


class Programme(Strict):
    """A notice as settings. Rules in it may use `labels` (this notice's wording -> codes), `parameters` and `derived`
    items.

    county: default division of the demo (6 digits). levels: divisions that take part, lowest first. registers: ids of
    `tables/`.
    review: how records are reviewed, or the name of one of `review_ways` where the notice allows several (sichuan-2022
    三(三)).
    notes: what the notice leaves open and what we chose. form, indicators, tables, targets come from the other files
    of the folder.
    """

    id: str
    name: str
    short_name: str
    source: str
    county: CodeText | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    levels: tuple[str, ...] = ("village", "town", "county")
    review: Review
    review_ways: dict[str, Review] = {}
    calendar: tuple[Duty, ...] = ()
    sealing: Sealing | None = None
    rounds: Rounds | None = None
    parameters: dict[str, Parameter] = {}
    scope: ScopeRule
    derived: dict[str, Derived] = {}
    labels: dict[str, dict[str, Codes]] = {}
    adds: Annotated[Adds | None, BeforeValidator(_as_adds)] = None
    registers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    form: Form | None = None
    indicators: dict[str, Indicator] = {}
    tables: dict[str, Table] = {}
    targets: tuple[Target, ...] = ()
    board: Board | None = None
    scorecard: Scorecard | None = None

    @model_validator(mode="before")
    @classmethod
    def _chosen_way(cls, data: Any) -> Any:
        """`review: paper` stands for that way's steps."""
        if not isinstance(data, dict) or not isinstance(data.get("review"), str):
            return data
        ways = data.get("review_ways")
        if not isinstance(ways, dict) or data["review"] not in ways:
            listed = f"；有 {'、'.join(ways)}" if isinstance(ways, dict) else ""
            raise ValueError(f"review_ways 里没有“{data['review']}”这种审核做法{listed}")
        return {**data, "review": ways[data["review"]]}

    def parameter_values(self, on: dt.date | None = None) -> dict[str, Any]:
        """Name -> value of the parameters in force on a day; all when no day is given."""
        return {
            name: p.value
            for name, p in self.parameters.items()
            if on is None or ((p.since is None or p.since <= on) and (p.until is None or on <= p.until))
        }
