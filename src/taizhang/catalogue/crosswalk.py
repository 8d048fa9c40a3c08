"""A form's own wording and the canonical codes: what is offered, what is read, what is printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from taizhang import rules

from .schema import Allowed, Form, FormItem, Section
from .types import CodeList, Item

if TYPE_CHECKING:
    from .catalogue import Catalogue

YES = ("是", "有", "√", "✓", "☑", "对", "真", "已", "会", "愿意", "1", "1.0", "Y", "yes", "true", "T")
NO = ("否", "无", "×", "✗", "没有", "不", "假", "未", "不会", "不愿意", "0", "0.0", "N", "no", "false", "F", "x")


class Option(NamedTuple):
    """One choice of a field. `codes`: what it covers, the first is stored."""

    label: str
    codes: tuple[str, ...]


def options(catalogue: Catalogue, form: Form, item: str) -> list[Option]:
    """What may be chosen in a field: the form's own options, else the whole list; 是/否 for a yes/no item."""
    field, known = form.items[item], catalogue.items[item]
    if field.options:
        return [Option(word, codes) for word, codes in field.options.items()]
    if known.kind == "bool":
        return [Option("是", ("true",)), Option("否", ("false",))]
    return (
        [Option(c.label, (c.code,)) for c in code_list(catalogue, known).codes.values() if not c.retired]
        if known.list
        else []
    )


def code_list(catalogue: Catalogue, item: Item) -> CodeList:
    return catalogue.lists[item.list or ""]


def label(catalogue: Catalogue, item: str, code: str | None, form: Form | None = None) -> str | None:
    """A code in the wording of the form, else of the programme, else of the list. Null stays null."""
    if code is None:
        return None
    if form and item in form.items:
        covering = [(len(codes), word) for word, codes in form.items[item].options.items() if code in codes]
        if covering:  # the narrowest wording; of equals the first
            return min(covering, key=lambda one: one[0])[1]
    known = catalogue.items[item]
    if known.kind == "bool":
        return "是" if code == "true" else "否"
    return code_list(catalogue, known).label(code) if known.list else code


def words(catalogue: Catalogue, form: Form, item: str) -> Iterator[tuple[str, str]]:
    """(wording, code) of everything a cell of this field may hold, the form's own first, then the programme's,
    then the list's labels, synonyms, codes, codes without leading zeros, and code and label together."""
    known = catalogue.items[item]
    if item in form.items:
        yield from ((word, codes[0]) for word, codes in form.items[item].options.items())
    programme = catalogue.programmes.get(form.id)
    if programme:
        yield from ((word, codes[0]) for word, codes in programme.labels.get(item, {}).items() if codes)
    if known.kind == "bool":
        yield from ((word, "true") for word in YES)
        yield from ((word, "false") for word in NO)
    if known.list:
        yield from _list_words(code_list(catalogue, known))


def _list_words(codes: CodeList) -> Iterator[tuple[str, str]]:
    yield from ((code.label, code.code) for code in codes.codes.values())
    yield from ((code, code) for code in codes.codes)
    yield from ((word, found[0]) for word, found in codes.wordings.items())
    yield from ((f"{code.code}{code.label}", code.code) for code in codes.codes.values())
    yield from ((code.lstrip("0"), code) for code in codes.codes if code.lstrip("0"))
    yield from ((f"{code}.0", code) for code in codes.codes if code.isdigit())


# -- for the browser -----------------------------------------------------------------------------------------------


def form_json(catalogue: Catalogue, form: Form) -> dict[str, Any]:
    """The form as plain JSON: `sections[title, shown, items[...]]`, `rules[...]`, `parameters` (name -> value).

    Rules are the JSON of `rules.js`; `required` is true, false or a rule; a code list's choices come with each item.
    """
    programme = catalogue.programmes.get(form.id)
    parameters = programme.parameter_values() if programme else {}
    return {
        "id": form.id,
        "version": form.version,
        "title": form.title,
        "source": form.source,
        "instructions": list(form.instructions),
        "parameters": {name: _plain(value) for name, value in parameters.items()},
        "sections": [_section(catalogue, form, section) for section in form.sections],
        "rules": [
            {
                "id": r.id,
                "items": list(r.items),
                "severity": r.severity,
                "rule": r.rule.to_json(),
                "message": r.message,
                "clause": r.clause,
            }
            for r in form.rules
        ],
    }


def _section(catalogue: Catalogue, form: Form, section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "shown": _rule(section.shown),
        "clause": section.clause,
        "message": section.message,
        "items": [_field(catalogue, form, field) for field in section.items],
    }


def _field(catalogue: Catalogue, form: Form, field: FormItem) -> dict[str, Any]:
    item = catalogue.items[field.item]
    return {
        "item": field.item,
        "label": field.label,
        "name": item.name,
        "type": item.type,
        "kind": item.kind,
        "list": item.list,
        "unit": field.unit or item.unit,
        "sealed": item.sealed,
        "required": field.required if isinstance(field.required, bool) else field.required.to_json(),
        "shown": _rule(field.shown),
        "forbid": field.forbid,
        "allowed": [_allowed(one) for one in field.allowed],
        "options": [
            {"label": o.label, "code": o.codes[0], "codes": list(o.codes)} for o in options(catalogue, form, field.item)
        ],
        "exclusive": [c.code for c in code_list(catalogue, item).codes.values() if c.exclusive] if item.list else [],
        "parts": [{"level": part.level, "label": part.label} for part in field.parts],
        "hint": field.hint,
        "explanation": field.explanation or item.explanation,
        "clause": field.clause or form.section_of(field.item).clause,
    }


def _allowed(one: Allowed) -> dict[str, Any]:
    return {"rule": one.rule.to_json(), "message": one.message, "severity": one.severity, "clause": one.clause}


def _rule(rule: rules.Rule | None) -> dict[str, Any] | None:
    return rule.to_json() if rule else None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, dt.date) else value
