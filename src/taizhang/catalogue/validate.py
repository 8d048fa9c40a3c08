"""Findings on typed flat rows: one pass of DuckDB over the batch decides every check of the form.

Each check is a condition that is true where it fails. All conditions of a form are columns of one SELECT, so the rows are
read once; only failing rows are turned into messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from taizhang.rules import Rule, Sql

from . import findings, id_number
from .context import Context
from .schema import Form, FormItem, Section
from .session import fetch, session
from .wording import as_text, fill_in, with_clause

if TYPE_CHECKING:
    from .catalogue import Catalogue

MOBILE = "1[3-9][0-9]{9}"
LANDLINE = "0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|[2-8][0-9]{6,7}"
SUGGESTED = 2_000


@dataclass(frozen=True)
class Check:
    """`fails`: SQL that is true where the check fails; `suggestion`: SQL text of a value to put instead."""

    rule: str
    item: str | None
    severity: str
    message: str
    fails: Sql
    suggestion: str | None = None


def validate(catalogue: Catalogue, rows: pa.Table, form: Form, context: Context) -> pa.Table:
    """All findings of typed `rows` (docs/interfaces.md), by row. Items of the form that `rows` lacks count as empty."""
    if rows.num_rows == 0:
        return findings.none()
    checks = list(_Checks(catalogue, form, context, rows.column_names).all())
    with session() as db:
        db.register("batch", rows)
        text = ", ".join(f"coalesce({check.fails.text}, false) AS c{n}" for n, check in enumerate(checks))
        verdicts = fetch(db, f"SELECT {text} FROM batch", [p for check in checks for p in check.fails.params])
        found = [_told(catalogue, form, db, rows, check, verdicts[f"c{n}"]) for n, check in enumerate(checks)]
        found.append(_numbers(db, rows, context))
    return findings.together([_without_doubles(findings.together(found))])


class _Checks:
    """The checks of one form under one context."""

    def __init__(self, catalogue: Catalogue, form: Form, context: Context, present: list[str]) -> None:
        self.catalogue, self.form, self.context, self.present = catalogue, form, context, set(present)
        programme = catalogue.programmes.get(form.id)
        own = programme.parameter_values() if programme else {}
        self.params: dict[str, Any] = {**own, **context.as_of_values(), **context.parameters}

    def column(self, item: str) -> str:
        """An item the rows do not hold is null of its type."""
        known = self.catalogue.items.get(item)
        if item in self.present:
            return f'"{item}"'
        return f"CAST(NULL AS {known.duckdb_type if known else 'VARCHAR'})"

    def sql(self, rule: Rule) -> Sql:
        return rule.to_duckdb(self.params, self.column)

    def all(self) -> Iterator[Check]:
        for section in self.form.sections:
            for field in section.items:
                yield from self._field(section, field)
        for rule in self.form.rules:
            fails = self.sql(rule.rule)
            message = with_clause(rule.message, rule.clause)
            yield Check(rule.id, rule.items[0], rule.severity, message, Sql(f"({fails.text}) IS FALSE", fails.params))
        yield from self._identity()

    def _field(self, section: Section, field: FormItem) -> Iterator[Check]:
        shown = _all([self.sql(rule) for rule in (section.shown, field.shown) if rule is not None])
        clause = field.clause or section.clause
        filled = self._filled(field)
        if field.required is not False:
            wanted = Sql("true") if field.required is True else self.sql(field.required)
            fails = Sql(f"NOT {filled} AND ({shown.text}) IS TRUE AND ({wanted.text}) IS TRUE", (*shown.params, *wanted.params))
            yield Check(findings.REQUIRED, field.item, "error", with_clause(f"“{field.label}”没有填，请补上", clause), fails)
        if field.forbid != "none" and (section.shown or field.shown):
            fails = Sql(f"{self._said(field)} AND ({shown.text}) IS FALSE", shown.params)
            yield Check("shown", field.item, field.forbid, self._hidden_message(section, field), fails)
        for n, allowed in enumerate(field.allowed, 1):
            sql = self.sql(allowed.rule)
            message = with_clause(allowed.message, allowed.clause or clause)
            yield Check(f"{field.item}.{n}", field.item, allowed.severity, message, Sql(f"({sql.text}) IS FALSE", sql.params))
        if field.item in self.present:
            yield from self._typed(field)

    def _hidden_message(self, section: Section, field: FormItem) -> str:
        if section.message and not field.shown:
            return with_clause(section.message, section.clause)
        rule = field.shown or section.shown
        why = f"（只在“{rule.text}”时填）" if rule else ""
        return with_clause(f"“{field.label}”不用填{why}，请清空", field.clause or section.clause)

    def _filled(self, field: FormItem) -> str:
        kind = self.catalogue.items[field.item].kind
        column = self.column(field.item)
        return f"(len({column}) > 0) IS TRUE" if kind in ("multi", "months") else f"({column} IS NOT NULL)"

    def _said(self, field: FormItem) -> str:
        """Filled with something that says more than 否 or 0: those do no harm where nothing should stand."""
        kind, column = self.catalogue.items[field.item].kind, self.column(field.item)
        if kind == "bool":
            return f"({column} IS TRUE)"
        return f"({column} <> 0) IS TRUE" if kind in ("int", "dec") else self._filled(field)

    def _typed(self, field: FormItem) -> Iterator[Check]:
        """What the item's type and the form's choice of options refuse."""
        item, column, label = self.catalogue.items[field.item], f'"{field.item}"', field.label
        if item.kind in ("int", "dec"):
            yield Check("number", item.id, "error", f"“{label}”不能是负数，检查一下", Sql(f"{column} < 0"), f"CAST(abs({column}) AS VARCHAR)")
        if item.list and field.options:
            codes = tuple(dict.fromkeys(code for many in field.options.values() for code in many))
            marks = ", ".join("?" * len(codes))
            fails = f"len(list_filter({column}, lambda x: x NOT IN ({marks}))) > 0" if item.kind == "multi" else f"{column} NOT IN ({marks})"
            yield Check("option", item.id, "error", f"本表的“{label}”没有这个选项。可填：{'、'.join(field.options)}", Sql(fails, codes))
        if item.kind == "multi" and item.list:
            for code in self.catalogue.lists[item.list].codes.values():
                if code.exclusive:
                    told = self.catalogue.label(item.id, code.code, self.form)
                    yield Check("exclusive", item.id, "error", f"“{label}”选了“{told}”就不能再选别的，请二选一",
                                Sql(f"len({column}) > 1 AND list_contains({column}, ?)", (code.code,)))  # fmt: skip
        if item.id == "mobile_phone":
            fails = f"NOT regexp_full_match({column}, '{MOBILE}|{LANDLINE}')"
            yield Check("phone", item.id, "error", f"读到“{{{item.id}}}”，手机号码应为 11 位、以 1 开头；固定电话要带区号，如 0878-5211234。核对后重填", Sql(fails))
        if item.id == "hukou_region" and any(part.level == "village" for part in field.parts):
            yield Check("region", item.id, "error", f"“{label}”要填到村（社区），登记由户籍所在的村负责", Sql(f"length({column}) < 12"))

    def _identity(self) -> Iterator[Check]:
        """Sex and birth date against a valid number."""
        if "id_number" not in self.present:
            return
        valid = f"(right(id_number, 1) = {id_number.check_sql('id_number')})"
        if "sex" in self.present:
            sex = id_number.sex_sql("id_number")
            yield Check("id_sex", "sex", "error", "“性别”是{sex}，与身份证号码第 17 位不一致。对照身份证，改性别或改号码",
                        Sql(f"sex IN ('1', '2') AND sex <> {sex} AND {valid}"), f"CASE {sex} WHEN '1' THEN '男' ELSE '女' END")  # fmt: skip
        if "birth_date" in self.present:
            birth = id_number.birth_sql("id_number")
            yield Check("id_birth", "birth_date", "error", "“出生日期”是 {birth_date}，与身份证号码第 7—14 位不一致。对照身份证，改日期或改号码",
                        Sql(f"birth_date <> {birth} AND {valid}"), f"CAST({birth} AS VARCHAR)")  # fmt: skip
        if not self.context.demo:
            yield Check("id_demo", "id_number", "error", "99 开头的是演示用的号码，不能进正式台账。请填真实号码",
                        Sql("starts_with(id_number, '99')"))  # fmt: skip


def _all(parts: list[Sql]) -> Sql:
    if not parts:
        return Sql("true")
    return Sql(" AND ".join(f"({p.text})" for p in parts), tuple(v for p in parts for v in p.params))


def _told(
    catalogue: Catalogue, form: Form, db: duckdb.DuckDBPyConnection, rows: pa.Table, check: Check, fails: pa.ChunkedArray
) -> pa.Table:
    """A failed check as findings, one per failing row."""
    at = pc.indices_nonzero(fails)
    if len(at) == 0:
        return findings.none()
    failing = rows.take(at)
    message = fill_in(catalogue, form, check.message, failing, _names(catalogue))
    suggestion = None
    if check.suggestion:
        db.register("failing", failing)
        suggestion = fetch(db, f"SELECT {check.suggestion} AS s FROM failing")["s"].combine_chunks()
    value = as_text(catalogue, form, check.item, failing[check.item]) if check.item in rows.column_names else None
    return findings.build(at, check.item, check.rule, check.severity, message, suggestion, value)


def _names(catalogue: Catalogue) -> dict[str, str]:
    return {name: item.id for item in catalogue.items.values() for name in item.names}


def _numbers(db: duckdb.DuckDBPyConnection, rows: pa.Table, context: Context) -> pa.Table:
    """Identity numbers with an impossible date or a wrong check character, the first of them with likely repairs."""
    if "id_number" not in rows.column_names:
        return findings.none()
    db.register("numbered", rows.select(["id_number"]).append_column("row", pa.array(range(rows.num_rows), pa.int64())))
    birth = id_number.birth_sql("id_number")
    bad = fetch(db, f"""
        SELECT row, id_number FROM numbered WHERE id_number IS NOT NULL AND (
            (right(id_number, 1) = {id_number.check_sql("id_number")}) IS NOT TRUE
            OR ({birth} BETWEEN DATE '1900-01-01' AND ?) IS NOT TRUE) ORDER BY row""", [context.as_of])  # fmt: skip
    if bad.num_rows == 0:
        return findings.none()
    numbers = bad["id_number"].to_pylist()
    read = [id_number.read_id(number, on=context.as_of, suggest=n < SUGGESTED) for n, number in enumerate(numbers)]
    return findings.build(
        bad["row"].combine_chunks(), "id_number", "id_number", "error", pa.array([one.message for one in read], pa.string()),
        pa.array(["、".join(one.suggestions) or None for one in read], pa.string()), bad["id_number"].combine_chunks(),
    )  # fmt: skip


def _without_doubles(found: pa.Table) -> pa.Table:
    """“Not an option of this form” is said only where no rule of the form says it better."""
    option = pc.equal(found["rule"], "option")
    if not pc.any(option).as_py():
        return found
    others = found.filter(pc.and_(pc.invert(option), pc.equal(found["severity"], "error")))
    double = pc.and_(option, pc.is_in(findings.cells(found), value_set=findings.cells(others).combine_chunks()))
    return found.filter(pc.invert(double))
