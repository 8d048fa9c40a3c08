"""Values of the ledger as a register prints them: in the register's, the programme's or the list's wording, numbers
of people masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from taizhang import catalogue
from taizhang.catalogue.schema import Programme, Table, TableColumn
from taizhang.catalogue.types import Item
from taizhang.divisions.models import Division
from taizhang.protection import keys, masking

Printed = str | int | Decimal | None
MASKS = {"id_number": masking.mask_id, "mobile_phone": masking.mask_phone}
SEALED = {"id_number": "id", "mobile_phone": "phone"}  # item -> prefix of its columns in ledger_worker


class Printer:
    """Rows of a page as words. A row has c0, c1, ... for the columns that are items, `worker_id`, `id_token` and the
    sealed numbers."""

    def __init__(self, programme: Programme, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        self.programme, self.table = programme, table
        self.items = catalogue.load().items_of(programme.id)
        self.numbers = {item: self._unsealed(item, rows) for item in SEALED}
        regions = {leaf.item for leaf in table.leaves if leaf.item and self.items[leaf.item].kind == "region"}
        codes = {row[f"c{i}"] for row in rows for i, leaf in enumerate(table.leaves) if leaf.item in regions}
        self.places = names({code for code in codes if code})

    def _unsealed(self, item: str, rows: Sequence[Mapping[str, Any]]) -> dict[Any, str]:
        """Person -> masked number. A number that is not known prints as nothing."""
        if not any(leaf.item == item for leaf in self.table.leaves):
            return {}
        blobs = [_bytes(row[f"{SEALED[item]}_sealed"]) for row in rows]
        opened = keys.unseal_many(item, blobs, [_bytes(row["id_token"]) or b"" for row in rows])
        return {row["worker_id"]: MASKS[item](number) for row, number in zip(rows, opened, strict=True) if number}

    def cells(self, row: Mapping[str, Any], number: int) -> tuple[Printed, ...]:
        return tuple(self._cell(leaf, row, i, number) for i, leaf in enumerate(self.table.leaves))

    def _cell(self, leaf: TableColumn, row: Mapping[str, Any], i: int, number: int) -> Printed:
        if leaf.row_number:
            return number
        if leaf.item in SEALED:
            return self.numbers[leaf.item].get(row["worker_id"])
        value = row[f"c{i}"]
        if value is None or value == []:
            return None
        item = self.items.get(leaf.item or "")
        return self.words(leaf, item, value) if item else leaf.labels.get(str(value), value)

    def words(self, leaf: TableColumn, item: Item, value: Any) -> Printed:
        """One value of an item, not null."""
        match item.kind:
            case "bool":
                return self._label(leaf, item, "true" if value else "false")
            case "enum":
                return self._label(leaf, item, value)
            case "multi":
                return "、".join(dict.fromkeys(self._label(leaf, item, code) for code in value))
            case "date":
                return f"{value:%Y-%m-%d}"
            case "ym":
                return f"{value:%Y-%m}"
            case "months":
                return "、".join(f"{month:%Y-%m}" for month in value)
            case "region":
                return self._place(leaf, value)
            case "int" | "dec":
                plain = Decimal(value)
                return int(plain) if plain == plain.to_integral_value() else plain.normalize()
            case _:
                return str(value)

    def _label(self, leaf: TableColumn, item: Item, code: str) -> str:
        return leaf.labels.get(code) or catalogue.load().label(item.id, code, self.programme.form) or code

    def _place(self, leaf: TableColumn, code: str) -> str:
        """A place: the one part the column asks for, or its whole path."""
        if not code.isdigit():  # abroad: letters
            return self.places.get(code, code)
        if leaf.part and leaf.part != "path":
            size = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}[leaf.part]
            return self.places.get(code[:size], code[:size]) if len(code) >= size else ""
        return self.places.get(f"{code}|full", code)


def names(codes: set[str]) -> dict[str, str]:
    """Code -> name for the codes and all units above them, and `code|full` -> the name from the province down."""
    wanted = {code[:size] for code in codes if code.isdigit() for size in (2, 4, 6, 9, 12)} | codes
    found: dict[str, str] = {}
    for code, name, full_name in Division.objects.filter(code__in=wanted).values_list("code", "name", "full_name"):
        found[code], found[f"{code}|full"] = name, full_name
    return found


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
