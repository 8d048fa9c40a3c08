"""Other departments' lists (`data/departments.yaml`): what each is called, what it says of people, and when the ledger says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationError

from taizhang import rules

from . import vocabulary
from .marks import Document
from .mistakes import report
from .schema import Programme, RuleText
from .types import Strict

if TYPE_CHECKING:
    from .catalogue import Catalogue

LIST_DAY = "list_day"  # 名单日期 in a rule: the day the list stands for
HOMES = frozenset({"worker", "standing", "spell"})  # tables whose items a rule here may read
ALWAYS = "pool_status"  # every programme knows it, whatever its form asks


class ListColumn(Strict):
    """A column a list brings beside number and name. What cannot be read as `type` is kept as written."""

    id: str
    name: str
    synonyms: tuple[str, ...] = ()
    type: Literal["text", "date", "month"]

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.synonyms)


class ListKind(Strict):
    """One kind of list. contradicts: what the ledger says that cannot be so if the list is right. shows: items of the ledger
    to be set beside it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    department: str
    clause: str
    says: str
    contradicts: RuleText
    shows: Annotated[tuple[str, ...], Field(min_length=1)]
    columns: tuple[ListColumn, ...] = ()
    question: str

    @cached_property
    def column_names(self) -> dict[str, str]:
        return {one.id: one.name for one in self.columns}


class Departments(Strict):
    """What the file holds. number, person: headers of the two columns every list has; still: who is still in the ledger's
    care, nobody else is contradicted."""

    number: Annotated[tuple[str, ...], Field(min_length=1)]
    person: Annotated[tuple[str, ...], Field(min_length=1)]
    still: RuleText
    lists: tuple[ListKind, ...]

    @cached_property
    def kinds(self) -> dict[str, ListKind]:
        return {one.id: one for one in self.lists}

    def of_use(self, programme: Programme) -> list[ListKind]:
        """Those that can contradict what the programme's form asks."""
        asked = {ALWAYS, *(programme.form.items if programme.form else ())}
        return [one for one in self.lists if asked & set(one.shows)]


def load_departments(document: Document, catalogue: Catalogue, keys: Sequence[str]) -> Departments | None:
    """Reads the file; what is wrong is reported into `document`."""
    day = rules.Item(id=LIST_DAY, names=("名单日期",), type=rules.Type.DATE)
    words = vocabulary.build(catalogue.items, catalogue.lists, values=catalogue.values, derived=(day,))
    try:
        found = Departments.model_validate(document.data or {}, context={"vocabulary": words})
    except ValidationError as error:
        report(error, document, keys)
        return None
    for number, one in enumerate(found.lists):
        _check(document, catalogue, ("lists", number), one)
    _check_columns(document, catalogue, ("still",), found.still)
    if len(found.kinds) < len(found.lists):
        document.report(("lists",), "id", "有两种名单用了同一个标识，换一个")
    return found


def _check(document: Document, catalogue: Catalogue, path: tuple[str | int, ...], one: ListKind) -> None:
    _check_columns(document, catalogue, (*path, "contradicts"), one.contradicts)
    for item in one.shows:
        if item not in catalogue.items or catalogue.items[item].table not in HOMES:
            document.report((*path, "shows"), item, "只能写人员、状态、就业经历里的数据项")


def _check_columns(document: Document, catalogue: Catalogue, path: tuple[str | int, ...], rule: rules.Rule) -> None:
    for item in sorted(rule.columns - {LIST_DAY}):
        if catalogue.items[item].table not in HOMES:
            document.report(path, item, "只能用人员、状态、就业经历里的数据项")
