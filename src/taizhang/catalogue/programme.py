"""One programme's folder into typed objects, or one CatalogueError with every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from taizhang import rules

from . import targets, vocabulary
from .checks import Checker
from .marks import CatalogueError, Document, read
from .mistakes import report
from .schema import Derived, Form, Indicator, Parameter, Programme, Table
from .targets import Target
from .types import RESULT, Item

if TYPE_CHECKING:
    from .catalogue import Catalogue

Model = TypeVar("Model", bound=BaseModel)
Path_ = tuple[str | int, ...]


def load_programme(folder: Path, catalogue: Catalogue, keys: Sequence[str]) -> tuple[Programme, rules.Vocabulary]:
    """Read a folder whole.

    Raises CatalogueError with all mistakes of all its files; then nothing of the programme is used.
    """
    reader = _Reader(folder, catalogue, keys)
    programme = reader.read()
    mistakes = [mistake for document in reader.documents for mistake in document.mistakes]
    if programme is None or mistakes:
        raise CatalogueError(mistakes)
    return programme, reader.words


class _Reader:
    """Collects what is read and what is wrong while one folder is loaded."""

    def __init__(self, folder: Path, catalogue: Catalogue, keys: Sequence[str]) -> None:
        self.folder, self.catalogue, self.keys = folder, catalogue, keys
        self.documents: list[Document] = []
        self.words = rules.Vocabulary()

    def open(self, name: str) -> Document:
        document = read(self.folder / name, f"{self.folder.parent.name}/{self.folder.name}/{name}")
        self.documents.append(document)
        return document

    def validate(self, model: type[Model], data: Any, document: Document, path: Path_ = ()) -> Model | None:
        try:
            return model.model_validate(data, context={"vocabulary": self.words})
        except ValidationError as error:
            report(error, document, self.keys, path)
            return None

    def read(self) -> Programme | None:
        main = self.open("programme.yaml")
        if main.data is None and main.mistakes:
            return None
        if not isinstance(main.data, dict):
            main.report((), "", "文件是空的，或不是“键: 值”的写法")
            return None
        form_file = self.open("form.yaml") if (self.folder / "form.yaml").is_file() else None
        self._learn_words(main, form_file)
        form = self.validate(Form, form_file.data, form_file) if form_file else None
        indicators = self._indicators()
        tables, table_files = self._tables()
        data = {k: v for k, v in main.data.items() if k not in ("derived", "form", "indicators", "tables", "targets")}
        programme = self.validate(Programme, data, main)
        if programme is None:
            return None
        programme = programme.model_copy(
            update={
                "derived": self.derived,
                "form": form,
                "indicators": indicators,
                "tables": tables,
                "targets": self._targets(indicators),
            }
        )
        checker = Checker(self.catalogue, self.items)
        checker.programme(programme, main, self.folder.name)
        if form_file and form:
            checker.form(form, form_file, self.folder.name)
        for table_id, table in tables.items():
            checker.table(table, table_files[table_id], indicators, {line.goal for line in programme.targets})
        return programme

    def _learn_words(self, main: Document, form_file: Document | None) -> None:
        """Parameters, labels and options first, then derived items one after the other: each may use those above it."""
        catalogue = self.catalogue
        own = _options(form_file.data if form_file else None)
        for word, wordings in _mapping(main.data.get("labels")).items():
            own[word] = {**_wordings(wordings), **own.get(word, {}), **_wordings(wordings)}
        parameters = {}
        for name, data in _mapping(main.data.get("parameters")).items():
            parameter = self._quiet(Parameter, data)
            if parameter:
                parameters[name] = parameter.value
        self.items: dict[str, Item] = dict(catalogue.items)
        self.derived: dict[str, Derived] = {}
        terms: list[rules.Item] = []

        def words() -> rules.Vocabulary:
            return vocabulary.build(
                catalogue.items, catalogue.lists, values=catalogue.values,
                derived=terms, own_labels=own, parameters=parameters,
            )  # fmt: skip

        self.words = words()
        for name, data in _mapping(main.data.get("derived")).items():
            derived = self.validate(Derived, data, main, ("derived", name))
            item = self._derived_item(name, derived, main) if derived else None
            if derived and item:
                self.derived[name], self.items[name] = derived, item
                terms.append(vocabulary.term(item, catalogue.lists, derived.value))
                self.words = words()

    def _quiet(self, model: type[Model], data: Any) -> Model | None:
        """Validate without reporting: the whole-file pass reports."""
        try:
            return model.model_validate(data)
        except ValidationError:
            return None

    def _derived_item(self, name: str, derived: Derived, main: Document) -> Item | None:
        known = self.catalogue.items.get(name)
        if known and (known.table or known.value):
            main.report(("derived", name), name, "这个标识已是采集项或计算项，换一个标识")
            return None
        kind = derived.type or RESULT.get(derived.value.type)
        if kind is None:
            main.report(("derived", name), name, "看不出类型，请写明 type（代码的还要写 list）")
            return None
        data = {"id": name, "name": derived.name, "synonyms": derived.synonyms, "type": kind, "list": derived.list,
                "unit": derived.unit, "value": derived.value.text, "explanation": derived.explanation}  # fmt: skip
        item = self.validate(Item, data, main, ("derived", name))
        if item and item.list and item.list not in self.catalogue.lists:
            main.report(("derived", name, "list"), item.list, "没有这个代码表")
            return None
        return item

    def _indicators(self) -> dict[str, Indicator]:
        if not (self.folder / "indicators.yaml").is_file():
            return {}
        document = self.open("indicators.yaml")
        found: dict[str, Indicator] = {}
        for index, data in enumerate(document.data or []):
            indicator = self.validate(Indicator, data, document, (index,))
            if indicator and indicator.id in found:
                document.report((index,), indicator.id, "这个指标标识写了两次")
            elif indicator:
                found[indicator.id] = indicator
        return found

    def _tables(self) -> tuple[dict[str, Table], dict[str, Document]]:
        tables: dict[str, Table] = {}
        files: dict[str, Document] = {}
        for path in sorted((self.folder / "tables").glob("*.yaml")):
            document = self.open(f"tables/{path.name}")
            table = self.validate(Table, document.data, document)
            if table:
                tables[table.id], files[table.id] = table, document
                if table.id.lower() != path.stem.lower():
                    document.report(("id",), table.id, f"应与文件名 {path.stem} 相同")
        return tables, files

    def _targets(self, indicators: Mapping[str, Indicator]) -> tuple[Target, ...]:
        name = f"{self.folder.parent.name}/{self.folder.name}/targets.csv"
        found, mistakes = targets.read(self.folder / "targets.csv", name, self.folder.name, indicators)
        self.documents.append(Document(name, mistakes=mistakes))
        return tuple(found)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _wordings(value: Any) -> dict[str, tuple[str, ...]]:
    """Wording -> codes of a raw `labels` or `options` block; what is not text is left to the shape check."""
    found = {}
    for word, codes in _mapping(value).items():
        many = [codes] if isinstance(codes, str) else codes
        if isinstance(many, list) and all(isinstance(code, str) for code in many):
            found[str(word)] = tuple(many)
    return found


def _options(form: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    """Item -> wording -> codes of the form's options, read from the raw file so that rules may already use them."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for section in _mapping(form).get("sections") or []:
        for field in _mapping(section).get("items") or []:
            options = _wordings(_mapping(field).get("options"))
            if options and isinstance(_mapping(field).get("item"), str):
                found[field["item"]] = options
    return found
