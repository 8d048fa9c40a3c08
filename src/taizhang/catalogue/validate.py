"""Findings on typed flat rows.

1. Every different rule of the form (shown, required, allowed,
    fill rules) is one column of one SELECT: DuckDB reads the batch once.
2. Checks combine those truth values with “filled” and “one of the options” as Arrow bitmaps.
3. Only failing rows become messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from taizhang.rules import Rule, Sql

from . import findings, id_number
from .context import Context
from .schema import FillRule, Form, FormItem, Section
from .session import FEW, fetch, session
from .wording import as_text, fill_in, with_clause

if TYPE_CHECKING:
    from .catalogue import Catalogue

PHONE = "^(1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|[2-8][0-9]{6,7})$"
SUGGESTED = 2_000  # bad identity numbers that get repairs; beyond that the column is wrong, not a number

Mask = Callable[["_Batch"], pa.Array]


@dataclass(frozen=True)
class Check:
    """One thing to look for. `fails` gives a bitmap of the failing rows, `suggestion` a text for each row of the
    batch."""

    rule: str
    item: str
    severity: str
    message: str
    fails: Mask
    suggestion: Callable[[_Batch], pa.Array] | None = None


def validate(catalogue: Catalogue, rows: pa.Table, form: Form, context: Context) -> pa.Table:
    """All findings of typed `rows` (docs/interfaces.md), by row. Items of the form that `rows` lacks count as empty."""
    if rows.num_rows == 0:
        return findings.none()
    plan = _Plan(catalogue, form, context, frozenset(rows.column_names))
    checks = list(plan.checks())
    with session(rows.num_rows, expressions=True) as db:
        db.register("batch", rows)
        batch = _Batch(rows, plan.truths(db, rows), _identity(db, rows))
    names = {name: item.id for item in catalogue.items.values() for name in item.names}
    found = [_told(catalogue, form, batch, check, names) for check in checks]
    found.append(_numbers(batch, context))
    return _without_doubles(findings.together(found))


@dataclass
class _Batch:
    """The rows, the truth of every rule on them (column r<n>), and what their identity numbers say."""

    rows: pa.Table
    truth: pa.Table
    identity: pa.Table
    _filled: dict[str, pa.Array] = attribute(default_factory=dict)

    def column(self, item: str) -> pa.Array:
        return _one(self.rows[item])

    def filled(self, item: str) -> pa.Array:
        if item not in self._filled:
            self._filled[item] = self._look(item)
        return self._filled[item]

    def _look(self, item: str) -> pa.Array:
        if item not in self.rows.column_names:
            return pa.repeat(False, self.rows.num_rows)
        column = self.column(item)
        if pa.types.is_list(column.type):
            return _sure(pc.greater(pc.list_value_length(column), 0))
        return pc.is_valid(column)

    def said(self, item: str) -> pa.Array:
        """Filled with more than 否 or 0: those do no harm where nothing should stand."""
        if item not in self.rows.column_names:
            return self.filled(item)
        column = self.column(item)
        if pa.types.is_boolean(column.type):
            return _sure(column)
        if pa.types.is_integer(column.type) or pa.types.is_decimal(column.type):
            return _sure(pc.not_equal(column, _zero(column.type)))
        return self.filled(item)

    def all_of(self, names: tuple[str, ...]) -> pa.Array:
        """Several rules together, in the three values of SQL."""
        whole = pa.repeat(True, self.rows.num_rows)
        for name in names:
            whole = pc.and_kleene(whole, _one(self.truth[name]))
        return whole


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _sure(truth: pa.Array) -> pa.Array:
    return pc.fill_null(truth, False)


def _false(truth: pa.Array) -> pa.Array:
    """True only where a truth is false: null never fails."""
    return _sure(pc.invert(truth))


class _Plan:
    """The checks of one form under one context, and the rules they need the truth of."""

    def __init__(self, catalogue: Catalogue, form: Form, context: Context, present: frozenset[str]) -> None:
        self.catalogue, self.form, self.context, self.present = catalogue, form, context, present
        programme = catalogue.programmes.get(form.id)
        own = programme.parameter_values() if programme else {}
        self.params: dict[str, Any] = {**own, **context.as_of_values(), **context.parameters}
        self.rules: dict[str, Rule] = {}  # name -> rule
        self.sql: dict[Sql, str] = {}

    def truth(self, rule: Rule) -> str:
        """The name of the rule's column; equal rules share one."""
        name = self.sql.setdefault(rule.to_duckdb(self.params, self._column), f"r{len(self.sql)}")
        self.rules.setdefault(name, rule)
        return name

    def truths(self, db: duckdb.DuckDBPyConnection, rows: pa.Table) -> pa.Table:
        if not self.rules:
            return pa.table({})
        if rows.num_rows <= FEW:  # the rules' Python says the same (rules/tests/test_engines_agree.py)
            few = rows.to_pylist()
            return pa.table(
                {
                    name: pa.array([rule.evaluate(row, self.params) for row in few], pa.bool_())
                    for name, rule in self.rules.items()
                }
            )
        text = ", ".join(f"{sql.text} AS {name}" for sql, name in self.sql.items())
        return fetch(db, f"SELECT {text} FROM batch", [value for sql in self.sql for value in sql.params])

    def _column(self, item: str) -> str:
        """An item the rows do not hold is null of its type."""
        known = self.catalogue.items.get(item)
        return f'"{item}"' if item in self.present else f"CAST(NULL AS {known.duckdb_type if known else 'VARCHAR'})"

    def checks(self) -> Iterator[Check]:
        for section in self.form.sections:
            for field in section.items:
                yield from self._field(section, field)
        for rule in self.form.rules:
            yield self._fill_rule(rule)
        yield from self._people()

    def _fill_rule(self, rule: FillRule) -> Check:
        name = self.truth(rule.rule)
        return Check(
            rule.id,
            rule.items[0],
            rule.severity,
            with_clause(rule.message, rule.clause),
            lambda batch: _false(_one(batch.truth[name])),
        )

    def _field(self, section: Section, field: FormItem) -> Iterator[Check]:
        shown = tuple(self.truth(rule) for rule in (section.shown, field.shown) if rule is not None)
        clause, item = field.clause or section.clause, field.item
        if field.required is not False:
            asked = shown if field.required is True else (*shown, self.truth(field.required))
            message = with_clause(f"“{field.label}”没有填，请补上", clause)
            yield Check(
                findings.REQUIRED,
                item,
                "error",
                message,
                lambda b: pc.and_(pc.invert(b.filled(item)), _sure(b.all_of(asked))),
            )
        if field.forbid != "none" and shown:
            yield Check(
                "shown",
                item,
                field.forbid,
                self._hidden(section, field),
                lambda b: pc.and_(b.said(item), _false(b.all_of(shown))),
            )
        for n, allowed in enumerate(field.allowed, 1):
            name = self.truth(allowed.rule)
            yield Check(
                f"{item}.{n}",
                item,
                allowed.severity,
                with_clause(allowed.message, allowed.clause or clause),
                _untrue(name),
            )
        if item in self.present:
            yield from self._typed(field)

    def _hidden(self, section: Section, field: FormItem) -> str:
        if section.message and not field.shown:
            return with_clause(section.message, section.clause)
        rule = field.shown or section.shown
        why = f"（只在“{rule.text}”时填）" if rule else ""
        return with_clause(f"“{field.label}”不用填{why}，请清空", field.clause or section.clause)

    def _typed(self, field: FormItem) -> Iterator[Check]:
        """What the item's type and the form's choice of options refuse."""
        item, label = self.catalogue.items[field.item], field.label
        if item.kind in ("int", "dec"):
            yield Check(
                "number",
                item.id,
                "error",
                f"“{label}”不能是负数，请检查",
                lambda b: _negative(b.column(item.id)),
                lambda b: as_text(self.catalogue, self.form, item.id, pc.abs(b.column(item.id))),
            )
        if item.list and field.options:
            codes = pa.array(dict.fromkeys(code for many in field.options.values() for code in many), pa.string())
            message = f"本表的“{label}”没有“{{{item.id}}}”这个选项。可填：{'、'.join(field.options)}"
            yield Check("option", item.id, "error", message, lambda b: _outside(b.column(item.id), codes))
        if item.kind == "multi" and item.list:
            for code in (c for c in self.catalogue.lists[item.list].codes.values() if c.exclusive):
                told = self.catalogue.label(item.id, code.code, self.form)
                yield Check(
                    "exclusive",
                    item.id,
                    "error",
                    f"“{label}”选了“{told}”就不能再选别的，请去掉不对的",
                    _accompanied(item.id, code.code),
                )
        if item.id == "mobile_phone":
            message = (
                "读到“{mobile_phone}”，手机号码应为 11 位、以 1 开头；固定电话要带区号，如 0878-5211234。核对后重填"
            )
            yield Check(
                "phone", item.id, "error", message, lambda b: _false(pc.match_substring_regex(b.column(item.id), PHONE))
            )
        if item.id == "hukou_region" and any(part.level == "village" for part in field.parts):
            yield Check(
                "region",
                item.id,
                "error",
                f"“{label}”要填到村（社区），登记由户籍所在的村负责",
                lambda b: _sure(pc.less(pc.utf8_length(b.column(item.id)), 12)),
            )

    def _people(self) -> Iterator[Check]:
        """Sex and birth date against a valid identity number; made-up people outside a demonstration."""
        if "id_number" in self.present and "sex" in self.present:
            yield Check(
                "id_sex",
                "sex",
                "error",
                "“性别”是{sex}，与身份证号码第 17 位不一致。对照身份证，改性别或改号码",
                lambda b: _differs(b, "sex"),
                lambda b: pc.if_else(pc.equal(_one(b.identity["sex"]), "1"), "男", "女"),
            )
        if "id_number" in self.present and "birth_date" in self.present:
            yield Check(
                "id_birth",
                "birth_date",
                "error",
                "“出生日期”是 {birth_date}，与身份证号码第 7—14 位不一致。对照身份证，改日期或改号码",
                lambda b: _differs(b, "birth_date"),
                lambda b: pc.cast(_one(b.identity["birth_date"]), pa.string()),
            )
        if "id_number" in self.present and not self.context.demo:
            yield Check(
                "id_demo",
                "id_number",
                "error",
                "99 开头的是演示用的号码，不能进正式台账。请填真实号码",
                lambda b: _sure(pc.starts_with(b.column("id_number"), "99")),
            )


def _untrue(name: str) -> Mask:
    """Rows on which the rule in column `name` is false."""
    return lambda batch: _false(_one(batch.truth[name]))


def _accompanied(item: str, code: str) -> Mask:
    """Rows on which an exclusive code has company."""
    return lambda batch: _not_alone(batch.column(item), code)


def _zero(kind: pa.DataType) -> pa.Scalar:
    return pa.scalar(Decimal(0) if pa.types.is_decimal(kind) else 0, kind)


def _negative(column: pa.Array) -> pa.Array:
    return _sure(pc.less(column, _zero(column.type)))


def _outside(column: pa.Array, codes: pa.Array) -> pa.Array:
    """Codes, or lists with a code, that the form does not offer."""
    if not pa.types.is_list(column.type):
        return pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, value_set=codes)))
    strange = pc.invert(pc.is_in(column.flatten(), value_set=codes))
    return pc.is_in(pa.array(range(len(column)), pa.int64()), value_set=pc.list_parent_indices(column).filter(strange))


def _not_alone(column: pa.Array, code: str) -> pa.Array:
    holds = pc.equal(column.flatten(), code)
    several = _sure(pc.greater(pc.list_value_length(column), 1))
    rows = pc.is_in(pa.array(range(len(column)), pa.int64()), value_set=pc.list_parent_indices(column).filter(holds))
    return pc.and_(several, rows)


def _differs(batch: _Batch, item: str) -> pa.Array:
    said = pc.not_equal(batch.column(item), _one(batch.identity[item]))
    return _sure(pc.and_(said, _one(batch.identity["valid"])))


def _identity(db: duckdb.DuckDBPyConnection, rows: pa.Table) -> pa.Table:
    """valid (bool, null without a number), sex and birth_date as the number says, one row per row of the batch."""
    if "id_number" not in rows.column_names:
        return pa.table({})
    return id_number.says(db, _one(rows["id_number"]))


def _told(catalogue: Catalogue, form: Form, batch: _Batch, check: Check, names: dict[str, str]) -> pa.Table:
    """A failed check as findings, one per failing row."""
    at = pc.indices_nonzero(check.fails(batch))
    if len(at) == 0:
        return findings.none()
    failing = batch.rows.take(at)
    message = fill_in(catalogue, form, check.message, failing, names)
    suggestion = check.suggestion(batch).take(at) if check.suggestion else None
    value = as_text(catalogue, form, check.item, failing[check.item]) if check.item in failing.column_names else None
    return findings.build(at, check.item, check.rule, check.severity, message, suggestion, value)


def _numbers(batch: _Batch, context: Context) -> pa.Table:
    """Identity numbers with an impossible date or a wrong check character, the first of them with likely repairs."""
    if "id_number" not in batch.rows.column_names:
        return findings.none()
    numbers, birth = batch.column("id_number"), _one(batch.identity["birth_date"])
    possible = pc.and_(pc.greater_equal(birth, id_number.OLDEST_DAY), pc.less_equal(birth, context.as_of))
    good = pc.and_(_sure(possible), _sure(_one(batch.identity["valid"])))
    at = pc.indices_nonzero(pc.and_(pc.is_valid(numbers), pc.invert(good)))
    if len(at) == 0:
        return findings.none()
    bad = numbers.take(at)
    read = [id_number.read_id(one, on=context.as_of, suggest=n < SUGGESTED) for n, one in enumerate(bad.to_pylist())]
    return findings.build(
        at,
        "id_number",
        "id_number",
        "error",
        pa.array([one.message for one in read], pa.string()),
        pa.array(["、".join(one.suggestions) or None for one in read], pa.string()),
        bad,
    )


def _without_doubles(found: pa.Table) -> pa.Table:
    """“Not an option of this form” and “chosen beside others” are said only where no rule of the form says it
    better."""
    option = pc.is_in(found["rule"], value_set=pa.array(["option", "exclusive"]))
    if not pc.any(option).as_py():
        return found
    others = found.filter(pc.and_(pc.invert(option), pc.equal(found["severity"], "error")))
    double = pc.and_(option, pc.is_in(findings.cells(found), value_set=findings.cells(others).combine_chunks()))
    return found.filter(pc.invert(double))
