"""Data items and code lists: the words every other room shares. Shapes of `data/items.yaml` and `data/lists.yaml`."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from taizhang import rules

TYPE = re.compile(
    r"(?:str\((?P<size>\d+)\)|dec\((?P<precision>\d+),(?P<scale>\d+)\)|int|date|ym|enum|multi|months|bool|region)"
)

Kind = Literal["str", "int", "dec", "date", "ym", "enum", "multi", "months", "bool", "region"]
Home = Literal["worker", "standing", "spell", "work_year", "return_flow", "intention", "verification", "service_year"]

# What an indicator counts: a person, a movement, or a fact about a person in the ledger's table of that name.
SUBJECTS = {
    "worker": "人",
    "spell": "就业经历",
    "movement": "增减记录",
    "work_year": "年度务工情况",
    "return_flow": "返乡记录",
    "intention": "转移意愿",
    "verification": "核实记录",
    "service_year": "年度服务情况",
}

# Item type of a derived item whose rule gives this and whose YAML names no type.
RESULT = {
    rules.Type.BOOL: "bool",
    rules.Type.NUMBER: "dec(18,4)",
    rules.Type.TEXT: "str(100)",
    rules.Type.DATE: "date",
    rules.Type.REGION: "region",
    rules.Type.MONTHS: "months",
}


def _as_text(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f'代码“{value}”没有加引号；写成 "{value}"（不加引号时 01 会被读成 1）')
    return value


def _as_codes(value: object) -> object:
    """One code may be written without brackets."""
    if isinstance(value, str | int | float):
        value = [value]
    return [_as_text(one) for one in value] if isinstance(value, list | tuple) else value


CodeText = Annotated[str, BeforeValidator(_as_text)]
Codes = Annotated[tuple[str, ...], BeforeValidator(_as_codes)]


class Strict(BaseModel):
    """Read-only; a key nobody knows is a mistake, not an extension."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, ignored_types=(cached_property,)
    )


class Item(Strict):
    """One data item (数据元): what it is called, how it is typed, where the ledger keeps it.

    `type` is the text of items.yaml (`str(50)`, `dec(10,2)`, `enum` ...); `kind` and `arrow_type` are what code asks
    for.
    `table` is None for an item the ledger does not keep: derived (`value`), or named by a notice but not yet used
    (`note` says why).
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1)
    synonyms: tuple[str, ...] = ()
    type: str
    list: str | None = None
    sensitivity: Literal["none", "identity", "contact", "income"] = "none"
    special: bool = False  # PIPL Art. 28: health, imprisonment, disability
    sealed: bool = False  # encrypted at rest; never in a snapshot
    table: Home | None = None
    column: str | None = None
    unit: str | None = None
    standard: str | None = None
    note: str | None = None
    explanation: str | None = None
    value: str | None = None  # derived: text of a rule

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not TYPE.fullmatch(self.type):
            raise ValueError(
                f"类型“{self.type}”不认识；可用 str(长度)、int、dec(位数,小数)、"
                "date、ym、enum、multi、months、bool、region"
            )
        if (self.kind in ("enum", "multi")) != (self.list is not None):
            raise ValueError("enum、multi 要写代码表 list，其他类型不写")
        if self.value is not None and self.table is not None:
            raise ValueError("计算项（有 value）不落库，不写 table")
        return self

    @cached_property
    def kind(self) -> Kind:
        return self.type.partition("(")[0]  # type: ignore[return-value]

    @cached_property
    def size(self) -> int | None:
        """Longest text, in characters."""
        found = TYPE.fullmatch(self.type)
        return int(found["size"]) if found and found["size"] else None

    @cached_property
    def precision(self) -> tuple[int, int]:
        """Digits in all and after the point; only for `dec`."""
        found = TYPE.fullmatch(self.type)
        return (int(found["precision"]), int(found["scale"])) if found and found["scale"] else (18, 0)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Chinese name first, then the notices' other names."""
        return (self.name, *self.synonyms)

    @property
    def home(self) -> tuple[str, str] | None:
        """Ledger table and column."""
        return (self.table, self.column or self.id) if self.table else None

    @cached_property
    def arrow_type(self) -> pa.DataType:
        """The column's type in a flat row, see docs/interfaces.md."""
        fixed = {
            "str": pa.string(),
            "enum": pa.string(),
            "region": pa.string(),
            "int": pa.int64(),
            "bool": pa.bool_(),
            "date": pa.date32(),
            "ym": pa.date32(),
            "multi": pa.list_(pa.string()),
            "months": pa.list_(pa.date32()),
        }
        return pa.decimal128(*self.precision) if self.kind == "dec" else fixed[self.kind]

    @cached_property
    def duckdb_type(self) -> str:
        fixed = {
            "str": "VARCHAR",
            "enum": "VARCHAR",
            "region": "VARCHAR",
            "int": "BIGINT",
            "bool": "BOOLEAN",
            "date": "DATE",
            "ym": "DATE",
            "multi": "VARCHAR[]",
            "months": "DATE[]",
        }
        return "DECIMAL({},{})".format(*self.precision) if self.kind == "dec" else fixed[self.kind]


class Code(Strict):
    """One value of a code list. `parent` is the code it is a part of (31 死亡 belongs to 30 永久退出)."""

    code: str
    label: str
    synonyms: tuple[str, ...] = ()
    parent: str | None = None
    note: str | None = None
    exclusive: bool = False  # in a multi: excludes every other value (0 未享受过就业服务)
    retired: bool = False  # still readable, no longer offered


class CodeList(Strict):
    """A closed list of values, in printing order."""

    id: str
    name: str
    standard: str | None = None
    note: str | None = None
    codes: dict[str, Code]

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, data: object) -> object:
        """`{"70": {label: 初中}}` and the short `{"70": 初中}` become codes that know their own code."""
        if not isinstance(data, dict) or not isinstance(data.get("codes"), dict):
            return data
        codes = {
            _as_text(code): value
            if isinstance(value, Code)
            else {"code": code, **(value if isinstance(value, dict) else {"label": value})}
            for code, value in data["codes"].items()
        }
        return {**data, "codes": codes}

    @model_validator(mode="after")
    def _parents_exist(self) -> Self:
        for code in self.codes.values():
            if code.parent is not None and code.parent not in self.codes:
                raise ValueError(f"代码 {code.code} 的上级 {code.parent} 不在本表中")
        return self

    def label(self, code: str | None) -> str | None:
        """Printed wording of a code; an unknown code prints as itself, so nothing vanishes from paper."""
        return None if code is None else self.codes[code].label if code in self.codes else code

    def with_descendants(self, code: str) -> tuple[str, ...]:
        """A code and all that belong to it: what the wording of a group covers in a rule."""
        return (code, *(inner for child in self._children.get(code, ()) for inner in self.with_descendants(child)))

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code in self.codes.values():
            if code.parent is not None:
                found.setdefault(code.parent, []).append(code.code)
        return found

    @cached_property
    def canonical_labels(self) -> dict[str, tuple[str, ...]]:
        """Wording -> codes it covers in a rule: a group's word covers all that belong to it; labels stand before
        synonyms, because the first wording of a code is the one an explanation prints."""
        found: dict[str, tuple[str, ...]] = {c.label: self.with_descendants(c.code) for c in self.codes.values()}
        for wording, codes in self.wordings.items():
            if wording not in found and wording not in self.codes:
                found[wording] = tuple(dict.fromkeys(inner for code in codes for inner in self.with_descendants(code)))
        return found

    @cached_property
    def wordings(self) -> dict[str, tuple[str, ...]]:
        """Wording -> codes it stands for when somebody types it (a synonym may be shared by several)."""
        found: dict[str, tuple[str, ...]] = {code.label: (code.code,) for code in self.codes.values()}
        for code in self.codes.values():
            for synonym in code.synonyms:
                if code.code not in found.get(synonym, ()):
                    found[synonym] = (*found.get(synonym, ()), code.code)
        return found
