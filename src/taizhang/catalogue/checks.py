"""What shapes cannot say: that names, codes, columns and numbers in a programme's files refer to something."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .marks import Document
from .schema import Column, Form, FormItem, Indicator, Programme, Table, TableColumn
from .types import Item

if TYPE_CHECKING:
    from .catalogue import Catalogue

Path_ = tuple[str | int, ...]
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
BOOL_CODES = ("true", "false")


class Checker:
    """Reports into the document where the mistake stands. `items` are the catalogue's with the programme's derived
    ones."""

    def __init__(self, catalogue: Catalogue, items: Mapping[str, Item]) -> None:
        self.catalogue, self.items = catalogue, items
        self.names = {name: item.id for item in items.values() for name in (*item.names, item.id)}

    def programme(self, programme: Programme, document: Document, folder: str) -> None:
        if programme.id != folder:
            document.report(("id",), programme.id, f"应与文件夹名 {folder} 相同")
        for item, wordings in programme.labels.items():
            self._codes(item, wordings, document, ("labels", item))
        for register in programme.registers:
            if register not in programme.tables:
                document.report(("registers",), register, "tables/ 里没有这张表")
        for name in (programme.board.working, *programme.board.figures) if programme.board else ():
            if name not in programme.indicators:
                document.report(("board",), name, "indicators.yaml 里没有这个指标")
        if programme.adds:
            self._known_codes("CL-ADD", [programme.adds.default, *programme.adds.add_when], document, ("adds",))
        _once((duty.id for duty in programme.calendar), document, ("calendar",), "这个事项标识写了两次")
        if programme.rounds and programme.rounds.duty:
            duties = {duty.id: duty for duty in programme.calendar}
            if programme.rounds.duty not in duties:
                document.report(("rounds", "duty"), programme.rounds.duty, "calendar 里没有这个事项")
            elif not duties[programme.rounds.duty].due.every:
                document.report(("rounds", "duty"), programme.rounds.duty, "这个事项没有写多久一次（every）")
        if programme.sealing:
            known = {duty.id for duty in programme.calendar}
            for level, duty in programme.sealing.duties.items():
                if duty is not None and duty not in known:
                    document.report(("sealing", "duties", level), duty, "calendar 里没有这个事项")
                if level != "point" and (level not in ("town", "county") or level not in programme.levels):
                    document.report(
                        ("sealing", "duties", level), level, "只能写 point（采集点）和 levels 里的 town、county"
                    )

    def form(self, form: Form, document: Document, folder: str) -> None:
        if form.id != folder:
            document.report(("id",), form.id, f"应与文件夹名 {folder} 相同")
        seen: set[str] = set()
        for s, section in enumerate(form.sections):
            for i, field in enumerate(section.items):
                self._field(field, document, ("sections", s, "items", i), seen)
        for r, rule in enumerate(form.rules):
            for item in rule.items:
                if item not in form.items:
                    document.report(("rules", r, "items"), item, "本表没有这一项")
            for name in PLACEHOLDER.findall(rule.message):
                if name not in self.names:
                    document.report(("rules", r, "message"), name, "提示里的名称不是数据项" + self._near(name))
        _once((rule.id for rule in form.rules), document, ("rules",), "这个规则编号写了两次")
        self._headers(form, document)
        for item in form.example:
            if item.partition(".")[0] not in form.items:
                document.report(("example", item), item, "本表没有这一项")

    def table(self, table: Table, document: Document, indicators: Mapping[str, Indicator], goals: set[str]) -> None:
        for column in table.leaves:
            self._column(column, table, document, indicators)
            if column.target and column.target not in goals:
                document.report((), column.target, "targets.csv 里没有这个目标" + _suggest(sorted(goals)))
        for item in table.sort:
            if item not in self.items:
                document.report(("sort",), item, "没有这个数据项" + self._near(item))
        for item in table.items:
            if item not in self.items:
                document.report(("items",), item, "没有这个数据项" + self._near(item))
        _once((str(c.no) for c in table.leaves if c.no is not None), document, (), "这个栏号写了两次")

    def _column(
        self, column: TableColumn, table: Table, document: Document, indicators: Mapping[str, Indicator]
    ) -> None:
        path: Path_ = ("header",) if table.header else ("columns",)
        if column.indicator and column.indicator not in indicators:
            near = difflib.get_close_matches(column.indicator, indicators, n=3)
            document.report(path, column.indicator, "indicators.yaml 里没有这个指标" + _suggest(near))
        if column.item and column.item not in self.items:
            document.report(path, column.item, "没有这个数据项" + self._near(column.item))

    def _field(self, field: FormItem, document: Document, path: Path_, seen: set[str]) -> None:
        item = self.catalogue.items.get(field.item)
        if item is None:
            document.report((*path, "item"), field.item, "没有这个数据项" + self._near(field.item))
            return
        if item.value is not None:  # an item without a home is allowed: it stays with the submission (signatures)
            document.report((*path, "item"), field.item, "这一项由其他项计算得出，不能放进采集表")
        if field.item in seen:
            document.report((*path, "item"), field.item, "这一项在表里出现了两次")
        seen.add(field.item)
        if field.options:
            self._codes(field.item, field.options, document, (*path, "options"))
        if field.parts and item.kind != "region":
            document.report((*path, "parts"), field.item, "只有区划类的项可以分栏（parts）")

    def _codes(self, item_id: str, wordings: Mapping[str, Iterable[str]], document: Document, path: Path_) -> None:
        item = self.items.get(item_id)
        if item is None:
            document.report(path, item_id, "没有这个数据项" + self._near(item_id))
            return
        if item.list is None and item.kind != "bool":
            document.report(path, item_id, "这一项没有代码表，不能写选项")
            return
        for word, codes in wordings.items():
            if item.list:
                self._known_codes(item.list, codes, document, (*path, word))
            elif not set(codes) <= set(BOOL_CODES):
                document.report((*path, word), word, '是/否项的选项只能对应 "true" 或 "false"')

    def _known_codes(self, list_id: str, codes: Iterable[str], document: Document, path: Path_) -> None:
        known = self.catalogue.lists[list_id].codes
        for code in codes:
            if code not in known:
                listed = "、".join(f"{c.code} {c.label}" for c in list(known.values())[:12])
                document.report(
                    path, code, f"代码表 {list_id} 没有这个代码；有 {listed}{'……' if len(known) > 12 else ''}"
                )

    def _headers(self, form: Form, document: Document) -> None:
        """A header may mean one column only; the catalogue's names do not count, they give way."""
        owners: dict[str, Column] = {}
        for column in form.columns({}):
            for name in column.names:
                if name in owners:
                    document.report(
                        ("sections",), name, f"表头“{name}”同时指“{owners[name].label}”和“{column.label}”，请改一个"
                    )
                owners.setdefault(name, column)

    def _near(self, word: str) -> str:
        return _suggest(difflib.get_close_matches(word, self.names, n=3, cutoff=0.5))


def _suggest(near: list[str]) -> str:
    return f"；是不是想写 {'、'.join(near)}" if near else ""


def _once(ids: Iterable[str], document: Document, path: Path_, message: str) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            document.report(path, one, message)
        seen.add(one)
