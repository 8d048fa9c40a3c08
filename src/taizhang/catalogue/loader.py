"""Reading the catalogue: items and lists of this package, programmes of the folder `programmes/`.

1. items.yaml, lists.yaml, collecting.yaml and departments.yaml; any mistake stops everything (CatalogueError), for nothing can stand on them.
2. Each programme on its own: its words first (parameters, labels, options, derived), then everything that holds rules.
3. A programme with any mistake is left out whole and its CatalogueError kept under `Catalogue.problems`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from taizhang import rules

from . import collecting, departments, schema, types, vocabulary
from .catalogue import Catalogue
from .marks import CatalogueError, Document, read
from .mistakes import report
from .programme import load_programme

DATA = Path(__file__).parent / "data"
SHIPPED = Path(__file__).parents[3] / "programmes"
KEYS = sorted({
    alias
    for module in (types, schema, collecting, departments)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, BaseModel)
    for name, field in model.model_fields.items()
    for alias in (name, field.alias or name)
})  # fmt: skip


def load(root: Path | str | None = None) -> Catalogue:
    """The catalogue with all sound programmes of `root` (default: the project's `programmes/`, else `./programmes`),
    cached.

    Raises CatalogueError when items or lists themselves are wrong. Mistakes in a programme are in `.problems`.
    """
    return _load(Path(root).resolve()) if root is not None else _load_own()


@cache
def _load_own() -> Catalogue:  # apart, because a page asks for it hundreds of times
    return _load((SHIPPED if SHIPPED.is_dir() else Path("programmes")).resolve())


@cache
def _load(root: Path) -> Catalogue:
    catalogue = load_words()
    problems: dict[str, CatalogueError] = {}
    programmes: dict[str, schema.Programme] = {}
    vocabularies: dict[str, rules.Vocabulary] = {}
    for folder in sorted(p for p in root.iterdir() if (p / "programme.yaml").is_file()) if root.is_dir() else ():
        try:
            programmes[folder.name], vocabularies[folder.name] = load_programme(folder, catalogue, KEYS)
        except CatalogueError as error:
            problems[folder.name] = error
    return Catalogue(
        items=catalogue.items, lists=catalogue.lists, values=catalogue.values, collecting=catalogue.collecting,
        departments=catalogue.departments, programmes=programmes, vocabularies=vocabularies, problems=problems,
    )  # fmt: skip


def load_words(data: Path = DATA) -> Catalogue:
    """Items, lists and the catalogue's own derived items, without programmes."""
    item_file, list_file = (read(data / name, name) for name in ("items.yaml", "lists.yaml"))
    lists = _read_lists(list_file)
    items = _read_items(item_file, lists)
    values = _parse_values(item_file, items, lists) if not (item_file.mistakes or list_file.mistakes) else {}
    if item_file.mistakes or list_file.mistakes:
        raise CatalogueError(item_file.mistakes + list_file.mistakes)
    words = Catalogue(items=items, lists=lists, values=values)
    shared, outside = (read(data / name, name) for name in ("collecting.yaml", "departments.yaml"))
    found = collecting.load_collecting(shared, words, KEYS)
    known = departments.load_departments(outside, words, KEYS)
    if shared.mistakes or outside.mistakes or found is None or known is None:
        raise CatalogueError(shared.mistakes + outside.mistakes)
    return replace(words, collecting=found, departments=known)


def _read_lists(document: Document) -> dict[str, types.CodeList]:
    lists: dict[str, types.CodeList] = {}
    for name, data in (document.data or {}).items():
        try:
            lists[name] = types.CodeList.model_validate({"id": name, **data})
        except ValidationError as error:
            report(error, document, KEYS, (name,))
            continue
        repeated = [word for word, n in Counter(c.label for c in lists[name].codes.values()).items() if n > 1]
        for word in repeated:
            document.report((name, "codes"), word, "同一代码表里有两个代码用了这个名称")
    return lists


def _read_items(document: Document, lists: dict[str, types.CodeList]) -> dict[str, types.Item]:
    items: dict[str, types.Item] = {}
    owners: dict[str, str] = {}
    for index, data in enumerate(document.data or []):
        try:
            item = types.Item.model_validate(data)
        except ValidationError as error:
            report(error, document, KEYS, (index,))
            continue
        if item.id in items:
            document.report((index,), item.id, "这个标识已经用过，换一个")
        if item.list and item.list not in lists:
            document.report((index, "list"), item.list, "没有这个代码表；先在 lists.yaml 里加上")
        for name in item.names:
            if name in owners:
                document.report((index,), name, f"这个名称已经属于 {owners[name]}，一个名称只能指一个数据项")
            owners[name] = item.id
        items[item.id] = item
    return items


def _parse_values(
    document: Document, items: dict[str, types.Item], lists: dict[str, types.CodeList]
) -> dict[str, rules.Rule]:
    """Rules of derived items, in the order of the file: one may use those above it."""
    values: dict[str, rules.Rule] = {}
    for index, item in enumerate(items.values()):
        if item.value is None:
            continue
        try:
            values[item.id] = rules.parse(item.value, vocabulary.build(items, lists, values=values))
        except rules.RuleError as error:
            document.report((index, "value"), error.word, error.message)
    return values


def mistakes(catalogue: Catalogue) -> list[Any]:
    """All mistakes of all programmes, for the command line's check."""
    return [mistake for error in catalogue.problems.values() for mistake in error.mistakes]
