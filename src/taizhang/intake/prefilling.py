"""Templates for download: whose places they offer, and, when asked, the people of a village to be checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import connection

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue import Catalogue, Form
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.protection import masking
from taizhang.release import actions as release

from . import policies, template
from .actions import form_of
from .mark import Mark
from .places import Place
from .run import _numbers
from .template import Prefill

MOST = 5_000  # people in one prefilled template: a village or a small town
OWN = "hukou_region"


def template_for(*, actor: User, programme: str, division: str = "", people: bool = False) -> tuple[str, bytes]:
    """File name and workbook. `people`: with everybody of `division`, numbers masked.

    Raises NotAllowed "read_only", "out_of_scope"; DomainError "unknown_form", "too_many_people".
    """
    policies.check_bringer(actor.role, actor.sees_people)
    form, loaded = form_of(programme), catalogue.load()
    division = division or actor.scopes[0]
    if not actor.covers(division):
        raise NotAllowed("out_of_scope", "这个区划不在您负责的范围内。请选择本辖区。", division=division)
    prefill = people_of(loaded, form, division) if people else Prefill()
    mark = Mark(form=form.id, version=form.version, division=division)
    data = release.export(
        actor=actor,
        kind=release.Kind.TEMPLATE,
        subject=form.id,
        division=division,
        make=lambda slip: template.build(loaded, form, mark=mark, places=places_for(form, division), prefill=prefill),
        people=len(prefill.rows),
    )
    return f"{form.title}-{divisions.get(division).name}{'-已填' if people else ''}.xlsx", data


def places_for(form: Form, division: str) -> dict[str, list[Place]]:
    """For the hukou the villages under `division`; for other split places the country down to counties."""
    wide = [field.item for field in form.items.values() if field.parts]
    own = _places(divisions.match_table([division]))
    found = {OWN: own} if OWN in wide else {}
    country = [place for place in _places(divisions.match_table()) if place.level <= 3] if set(wide) - {OWN} else []
    return {**found, **{item: country for item in wide if item != OWN}}


def _places(table: Any) -> list[Place]:
    columns = [table[name].to_pylist() for name in ("code", "name", "level", "parent")]
    return [Place(code, name, level, parent or "") for code, name, level, parent in zip(*columns, strict=True)]


def people_of(loaded: Catalogue, form: Form, division: str) -> Prefill:
    """Everybody the acting user sees under `division`, by village, group and name, in the form's words."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM worker_flat WHERE division ^@ %s", [division])
        if (count := cursor.fetchone()[0]) > MOST:
            raise DomainError("too_many_people", f"这里有 {count:,} 人，一个表放不下。请选到村再下载。")
        cursor.execute(
            "SELECT * FROM worker_flat WHERE division ^@ %s ORDER BY division, village_group, household_no, full_name",
            [division],
        )
        names = [column.name for column in cursor.description]
        people = [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]
    numbers = _numbers([str(person["worker_id"]) for person in people])
    places = {place.code: place.name for place in _places(divisions.match_table())}
    for person in people:
        sealed = numbers.get(str(person["worker_id"]), {})
        person["id_number"] = masking.mask_id(sealed.get("id_number")) if sealed.get("id_number") else None
        person["mobile_phone"] = masking.mask_phone(sealed.get("mobile_phone")) if sealed.get("mobile_phone") else None
    rows = [_answers(loaded, form, person, places) for person in people]
    return Prefill(rows, [(str(person["worker_id"]), str(person["version"])) for person in people])


_LENGTHS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}


def _answers(loaded: Catalogue, form: Form, person: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item, asked in form.items.items():
        value = person.get(item)
        if value is None or value == []:
            continue
        if asked.parts:
            for part in asked.parts:
                size = _LENGTHS[part.level]
                if len(value) >= size and value[:size] in places:
                    found[f"{item}.{part.level}"] = places[value[:size]]
        elif loaded.items[item].kind == "region":
            codes = [value[:size] for size in _LENGTHS.values() if len(value) >= size]
            found[item] = "".join(places.get(code, "") for code in codes) or value
        else:
            found[item] = in_words(loaded, form, item, value)
    return found


def in_words(loaded: Catalogue, form: Form, item: str, value: Any) -> str:
    """A stored value as the sheet writes it."""
    kind = loaded.items[item].kind
    if kind == "multi":
        return "、".join(loaded.label(item, code, form) or code for code in value)
    if kind == "months":
        return "、".join(f"{month:%Y-%m}" for month in value)
    if kind == "ym" and isinstance(value, dt.date):
        return f"{value:%Y-%m}"
    if kind == "bool":
        return loaded.label(item, "true" if value else "false", form) or ""
    if kind == "enum":
        return loaded.label(item, value, form) or str(value)
    return str(value)
