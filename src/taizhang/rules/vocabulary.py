"""Names a rule may use: items, their code lists, parameters."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import RuleError
from .tree import BOOL, DATE, NUMBER, TEXT, Coding, Kind, Type

if TYPE_CHECKING:
    from .rule import Rule

AS_OF = ("基准日", "期初", "期末", "年初", "月初")
WORKER = "worker"
PERSON = "person__"  # before the id of an item of the person, in the row of a fact that has an item of the same name


def days(on: date) -> dict[str, date]:
    """The as-of days of one day."""
    month, year = on.replace(day=1), on.replace(month=1, day=1)
    return {"基准日": on, "期初": month, "期末": on, "月初": month, "年初": year}


@dataclass(frozen=True, eq=False)
class Item:
    """A data item of the flat row.

    Attributes:
        id: the column name.
        names: Chinese name first, then synonyms.
        type: language type.
        codes: for CODE and CODES: canonical code -> label (a plain sequence of codes stands for itself);
            None leaves the list open: codes are then taken as written and cannot be checked.
        value: for a derived item, the rule that computes it; it is put in place of the item at compile time.
        home: the kind of fact it stands on (spell, work_year ...), empty for one that stands on no fact.
    """

    id: str
    names: Sequence[str] = ()
    type: Type = Type.TEXT
    codes: Mapping[str, str] | Iterable[str] | None = None
    value: Rule | None = None
    home: str = ""

    @property
    def name(self) -> str:
        return self.names[0] if self.names else self.id


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Everything a rule may name.

    Attributes:
        items: the items, in any order; a derived item's rule is already parsed.
        labels: item id -> {wording: codes}; the programme's own wording, looked at before the canonical labels.
        parameters: name -> value (Decimal or int, date, str, bool). The value fixes the type and is the default
            when the caller of `to_duckdb` and so on gives none.
        subject: what a row is: a person (worker), or a fact, whose own items then go before its person's (`人.`).
    """

    items: Sequence[Item] = ()
    labels: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    subject: str = WORKER

    def about(self, subject: str) -> Vocabulary:
        """The same words for rules over another kind of row."""
        if subject == self.subject:
            return self
        if subject not in self._others:
            self._others[subject] = replace(self, subject=subject)
        return self._others[subject]

    @cached_property
    def _others(self) -> dict[str, Vocabulary]:
        return {}

    @cached_property
    def own(self) -> frozenset[str]:
        """Items a fact's row has itself although its person has them too."""
        return frozenset(i.id for i in self.items if i.home == self.subject and self.subject != WORKER)

    @cached_property
    def _names(self) -> dict[str, list[Item]]:
        names: dict[str, list[Item]] = {}
        for item in self.items:
            for name in dict.fromkeys(key(n) for n in (item.id, *item.names)):
                names.setdefault(name, []).append(item)
        return names

    @cached_property
    def _codings(self) -> dict[str, Coding]:
        return {}

    def find(self, name: str, position: int = 0) -> Item:
        """The item a word names. Raises RuleError: unknown (with the nearest names), or the name of several items."""
        found = self._names.get(key(name), [])
        exact = [item for item in found if item.id == name]
        if len(found) == 1 or exact:
            return (exact or found)[0]
        if found:
            both = "、".join(f"{item.name}（{item.id}）" for item in found)
            raise RuleError(f"这个名称有歧义，可能指 {both}，请改写为其中一个标识", name, position)
        raise RuleError("没有这个数据项", name, position, nearest(name, self._names))

    def kind(self, item: Item) -> Kind:
        """The item's type together with its code list, the same object each time."""
        if item.type not in (Type.CODE, Type.CODES):
            return Kind(item.type)
        if item.id not in self._codings:
            codes = item.codes
            mapping = codes if codes is None or isinstance(codes, Mapping) else {code: code for code in codes}
            labels = {word: tuple(found) for word, found in self.labels.get(item.id, {}).items()}
            self._codings[item.id] = Coding(mapping, labels)
        return Kind(item.type, self._codings[item.id])

    def parameter(self, name: str, position: int = 0) -> tuple[Kind, Any]:
        """Type and default value of a parameter; as-of names are dates without a default."""
        if name in AS_OF:
            return DATE, None
        if name not in self.parameters:
            known = [*self.parameters, *AS_OF]
            listed = "、".join(f":{n}" for n in known[:30])
            raise RuleError(f"没有这个参数；可用的有 {listed}", f":{name}", position, nearest(name, known))
        value = self.parameters[name]
        return kind_of(value, name, position), value


def kind_of(value: object, name: str, position: int = 0) -> Kind:
    """The language type of a Python value given for a parameter."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, (int, Decimal)):
        return NUMBER
    if isinstance(value, date):
        return DATE
    if isinstance(value, str):
        return TEXT
    raise RuleError(f"参数的值 {value!r} 不能用，只能是数（Decimal）、日期、文字或是/否", f":{name}", position)


def key(name: str) -> str:
    """A name as it is looked up: compatibility forms folded, no spaces, ASCII in lower case."""
    return "".join(unicodedata.normalize("NFKC", name).split()).lower()


def nearest(word: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Known names most like the word, best first."""
    names = list(dict.fromkeys(known))
    # difflib is quadratic; no name is long enough to need more than this.
    word = key(word)[:40]
    close = difflib.get_close_matches(word, names, n=count, cutoff=0.5)
    if len(close) < count and len(word) >= 2:
        close += [n for n in names if (word in n or n in word) and len(n) >= 2 and n not in close]
    return tuple(close[:count])
