"""What a rule may say: the catalogue's items and wordings, and a programme's own, as a `rules.Vocabulary`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from taizhang import rules

from .types import CodeList, Item, Kind

TYPES: dict[Kind, rules.Type] = {
    "str": rules.Type.TEXT, "int": rules.Type.NUMBER, "dec": rules.Type.NUMBER, "date": rules.Type.DATE,
    "ym": rules.Type.DATE, "enum": rules.Type.CODE, "multi": rules.Type.CODES, "months": rules.Type.MONTHS,
    "bool": rules.Type.BOOL, "region": rules.Type.REGION,
}  # fmt: skip

Wordings = Mapping[str, Sequence[str]]


def term(item: Item, lists: Mapping[str, CodeList], value: rules.Rule | None = None) -> rules.Item:
    """A catalogue item as the rule language knows it."""
    codes = {code.code: code.label for code in lists[item.list].codes.values()} if item.list else None
    kind = TYPES[item.kind]
    return rules.Item(id=item.id, names=item.names, type=kind, codes=codes, value=value, home=item.table or "")


def labels(items: Iterable[Item], lists: Mapping[str, CodeList], own: Mapping[str, Wordings]) -> dict[str, Wordings]:
    """Item id -> wording -> codes; a programme's own wording goes before the canonical one."""
    return {
        item.id: {**{word: tuple(codes) for word, codes in own.get(item.id, {}).items()}, **_rest(item, lists, own)}
        for item in items
        if item.list
    }


def _rest(item: Item, lists: Mapping[str, CodeList], own: Mapping[str, Wordings]) -> Wordings:
    taken = own.get(item.id, {})
    return {word: codes for word, codes in lists[item.list or ""].canonical_labels.items() if word not in taken}


def build(
    items: Mapping[str, Item],
    lists: Mapping[str, CodeList],
    *,
    values: Mapping[str, rules.Rule] | None = None,
    derived: Sequence[rules.Item] = (),
    own_labels: Mapping[str, Wordings] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> rules.Vocabulary:
    """Vocabulary of the catalogue, or of a programme when its derived items, labels and parameters are given.

    A derived item of the programme takes the place of the catalogue's item of that id, and keeps its names.
    Catalogue items whose value is not in `values` yet are left out: derived items are parsed one after the other.
    """
    values = values or {}
    replaced = {one.id for one in derived}
    known = [i for i in items.values() if i.id not in replaced and (i.value is None or i.id in values)]
    terms = [term(item, lists, values.get(item.id)) for item in known]
    for one in derived:
        names = tuple(dict.fromkeys((*one.names, *(items[one.id].names if one.id in items else ()))))
        terms.append(rules.Item(id=one.id, names=names, type=one.type, codes=one.codes, value=one.value))
    return rules.Vocabulary(
        items=terms, labels=labels(items.values(), lists, own_labels or {}), parameters=dict(parameters or {})
    )
