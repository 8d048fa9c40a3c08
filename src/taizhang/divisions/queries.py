"""Reads of the tree.

Divisions are public knowledge: everybody may see all of them; `scopes` narrows where that helps.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from taizhang.divisions.matching import normalise_name
from taizhang.divisions.models import Division, DivisionChange
from taizhang.engine.errors import NotFound

FOUND = 50


def valid(on: dt.date | None = None) -> QuerySet[Division]:
    """Units that hold good on a day (default: today), by code."""
    on = on or timezone.localdate()
    return Division.objects.filter(Q(valid_from=None) | Q(valid_from__lte=on), Q(valid_to=None) | Q(valid_to__gte=on))


def get(code: str) -> Division:
    """One unit, valid or not. Raises NotFound."""
    found = Division.objects.filter(pk=code).first()
    if found is None:
        raise NotFound("division")
    return found


def children(code: str | None, *, on: dt.date | None = None) -> QuerySet[Division]:
    """Units directly beneath `code` (None: the provinces), by code."""
    return valid(on).filter(parent_id=code)


def full_name(code: str) -> str:
    """云南省楚雄彝族自治州牟定县共和镇天台村民委员会. Raises NotFound."""
    return get(code).full_name


def tree(root: str, depth: int, *, on: dt.date | None = None) -> dict[str, Any]:
    """`root` and `depth` levels below it: {code, name, level, children: [...]}. One query. Raises NotFound."""
    top = get(root)
    nodes: dict[str, dict[str, Any]] = {
        top.code: {"code": top.code, "name": top.name, "level": top.level, "children": []}
    }
    below = valid(on).filter(code__startswith=root, level__gt=top.level, level__lte=top.level + depth)
    for code, name, level, parent in below.order_by("level", "code").values_list("code", "name", "level", "parent_id"):
        node = {"code": code, "name": name, "level": level, "children": []}
        if parent in nodes:
            nodes[parent]["children"].append(node)
            nodes[code] = node
    return nodes[top.code]


def inside(scopes: Sequence[str]) -> Q:
    """Condition: the unit lies inside one of `scopes`. No scope matches nothing."""
    condition = Q(pk__in=[])
    for scope in scopes:
        condition |= Q(code__startswith=scope)
    return condition


def search(text: str, scopes: Sequence[str] | None = None, *, limit: int = FOUND) -> Sequence[Division]:
    """Units by name ("共和 天台": every word), pinyin initials or code; best first: exact, then higher levels.

    `scopes` None searches the whole country. Each has `has_children`.
    """
    words = text.split()
    if not words:
        return []
    found = valid() if scopes is None else valid().filter(inside(scopes))
    for word in words:
        found = found.filter(_one_word(word))
    key = normalise_name(words[-1])
    rows = list(found.annotate(has_children=_has_children()).order_by("level", "code")[: limit * 4])
    rows.sort(key=lambda unit: (unit.name != words[-1], unit.match_key != key, unit.level, unit.code))
    return rows[:limit]


def _one_word(word: str) -> Q:
    if word.isdigit():
        return Q(code__startswith=re.sub(r"^(\d{9})000$", r"\1", word))
    if word.isascii():
        return Q(initials__startswith=word.lower()) | Q(code=word.upper())
    return Q(name__contains=word) | Q(match_key=normalise_name(word)) | Q(full_name__contains=word)


def _has_children() -> Exists:
    return Exists(Division.objects.filter(parent_id=OuterRef("pk")))


def with_children(code: str | None) -> QuerySet[Division]:
    """`children`, each with `has_children` (region picker)."""
    return children(code).annotate(has_children=_has_children())


def branch(parent: str | None, scopes: Sequence[str] | None = None) -> QuerySet[Division]:
    """Units beneath `parent` (None: where the tree begins), by code, each with `below`, how many it holds itself.

    With `scopes` the tree begins at these units, and nothing outside them is found.
    """
    if parent is None and scopes is not None:
        found = valid().filter(pk__in=[scope for scope in scopes if scope])
    else:
        found = children(parent) if scopes is None else children(parent).filter(inside(scopes))
    inner = valid().filter(parent_id=OuterRef("pk")).order_by().values("parent_id").annotate(n=Count("pk")).values("n")
    return found.annotate(below=Coalesce(Subquery(inner), 0)).order_by("code")


def match_table(scopes: Sequence[str] | None = None) -> pa.Table:
    """Units inside `scopes` and those above them, for vectorised matching of names.

    Columns: code, name, full_name, level (int16), parent (null at the top), match_key. `scopes` None: the whole
    country.
    """
    if scopes is None:
        return _country()
    return _matched(scopes)


_known: dict[str, tuple[tuple[Any, ...], pa.Table]] = {}  # of each database: the country as it stood


def _country() -> pa.Table:
    """The whole country, read again only when a unit was written or the day has changed; the same table as long as it is the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM divisions_division")
        stands = (*cursor.fetchone(), timezone.localdate())
    name = str(connection.settings_dict["NAME"])
    if _known.get(name, (None,))[0] != stands:
        _known[name] = stands, _matched(None)
    return _known[name][1]


def _matched(scopes: Sequence[str] | None) -> pa.Table:
    prefixes = [scope[:n] for scope in scopes or [] for n in (2, 4, 6, 9) if n < len(scope)]
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT array_agg(code), array_agg(name), array_agg(full_name),
                      array_agg(level), array_agg(parent_id), array_agg(match_key)
               FROM (SELECT * FROM divisions_division
                     WHERE (%(all)s OR code ^@ ANY (%(scopes)s::text[]) OR code = ANY (%(above)s::text[]))
                       AND coalesce(valid_from <= %(today)s, true) AND coalesce(valid_to >= %(today)s, true) ORDER BY
                       code) d""",
            {
                "all": scopes is None,
                "scopes": [s for s in scopes or [] if s],
                "above": prefixes,
                "today": timezone.localdate(),
            },
        )
        columns = cursor.fetchone()
    kinds = [pa.string(), pa.string(), pa.string(), pa.int16(), pa.string(), pa.string()]
    names = ["code", "name", "full_name", "level", "parent", "match_key"]
    return pa.table([pa.array(values or [], kind) for values, kind in zip(columns, kinds, strict=True)], names=names)


def changes_in(county: str) -> QuerySet[DivisionChange]:
    """What was changed inside a unit, newest first."""
    return DivisionChange.objects.filter(unit__code__startswith=county).select_related("unit", "other", "by")
