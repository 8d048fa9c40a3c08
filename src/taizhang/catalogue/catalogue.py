"""The loaded catalogue: one object that answers for items, lists, programmes and forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from taizhang import rules

from . import crosswalk, normalise, validate, vocabulary
from .collecting import Collecting
from .context import Context
from .departments import Departments
from .findings import merge
from .marks import CatalogueError
from .schema import Column, Form, Programme
from .types import RESULT, CodeList, Item


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items, lists and sound programmes; `problems` holds the CatalogueError of each programme that was left out."""

    items: Mapping[str, Item]
    lists: Mapping[str, CodeList]
    values: Mapping[str, rules.Rule] = field(default_factory=dict)  # parsed rules of derived items
    collecting: Collecting | None = None  # this and the next None only while they are being read
    departments: Departments | None = None
    programmes: Mapping[str, Programme] = field(default_factory=dict)
    vocabularies: Mapping[str, rules.Vocabulary] = field(default_factory=dict)
    problems: Mapping[str, CatalogueError] = field(default_factory=dict)

    @cached_property
    def forms(self) -> dict[str, Form]:
        """Programme id -> its form."""
        return {name: programme.form for name, programme in self.programmes.items() if programme.form}

    def vocabulary(self, programme: str | Programme | None = None, subject: str = "worker") -> rules.Vocabulary:
        """Words of the catalogue, or of a programme: its labels, options, parameters and derived items too.

        subject: what a row is (`types.SUBJECTS`).
        """
        if programme is None:
            return self._canonical.about(subject)
        return self.vocabularies[programme if isinstance(programme, str) else programme.id].about(subject)

    @cached_property
    def _canonical(self) -> rules.Vocabulary:
        return vocabulary.build(self.items, self.lists, values=self.values)

    def items_of(self, programme: str) -> Mapping[str, Item]:
        """The catalogue's items with the programme's derived ones (which win over an item of the same id)."""
        return self._items_of[programme]

    @cached_property
    def _items_of(self) -> dict[str, Mapping[str, Item]]:
        return {
            programme: {
                **self.items,
                **{
                    name: Item(
                        id=name,
                        name=d.name,
                        synonyms=d.synonyms,
                        type=d.type or RESULT[d.value.type],
                        list=d.list,
                        unit=d.unit,
                        value=d.value.text,
                        explanation=d.explanation,
                    )
                    for name, d in self.programmes[programme].derived.items()
                },
            }
            for programme in self.programmes
        }

    def columns(self, form: Form) -> list[Column]:
        """The workbook's columns of a form, with every header that means each of them."""
        taken = {name: c.id for c in form.columns({}) for name in c.names}
        names = {i: tuple(n for n in item.names if taken.get(n, i) == i) for i, item in self.items.items()}
        return list(form.columns(names))

    def normalise(self, rows: pa.Table, form: Form, context: Context) -> tuple[pa.Table, pa.Table]:
        """Cells as people write them -> typed flat rows, and findings for the cells that cannot be read."""
        return normalise.normalise(self, rows, form, context)

    def validate(self, rows: pa.Table, form: Form, context: Context) -> pa.Table:
        """Findings on typed flat rows: what is missing, what should not be filled, what the form's rules refuse."""
        return validate.validate(self, rows, form, context)

    def check(self, rows: pa.Table, form: Form, context: Context) -> tuple[pa.Table, pa.Table]:
        """Normalise, then validate; a cell that could not be read is not reported as missing as well."""
        typed, unread = self.normalise(rows, form, context)
        return typed, merge(unread, self.validate(typed, form, context))

    def form_json(self, form: Form) -> dict[str, Any]:
        """The form for the browser's <record-form>: sections, items, options, rules as JSON, messages."""
        return crosswalk.form_json(self, form)

    def label(self, item: str, code: str | None, form: Form | None = None) -> str | None:
        """A code in the form's own wording, else in the list's."""
        return crosswalk.label(self, item, code, form)

    def options(self, form: Form, item: str) -> list[crosswalk.Option]:
        """What may be chosen in a field, in printing order."""
        return crosswalk.options(self, form, item)
