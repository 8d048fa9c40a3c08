"""Columns of the list: which can be shown, in what order this user wants them. Remembered with the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from taizhang.accounts.models import User
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.homes import home_of

DEFAULT = (
    "sex",
    "age",
    "id_number",
    "hukou_region",
    "employment_status",
    "is_working",
    "work_scope",
    "work_region",
    "monthly_wage",
    "verify_state",
    "survey_date",
)
ALWAYS = (
    "sex",
    "age",
    "id_number",
    "mobile_phone",
    "hukou_region",
    "work_scope",
    "verify_state",
    "collect_method",
    "survey_date",
)
NUMBERS = {"int", "dec"}
PREFERENCE = "people_columns"
WIDTHS = "people_widths"
NAME = "full_name"  # always shown, first
NARROWEST, WIDEST = 48, 600  # pixels


def available(words: Lexicon) -> list[str]:
    """Every column this user's form can fill, the default ones first."""
    form = words.programme.form if words.programme else None
    held = list(form.items) if form else list(home_of())
    computed = list(words.programme.derived) if words.programme else []
    wanted = [item for item in DEFAULT if item in held or item in ALWAYS]
    rest = [item for item in (*held, *ALWAYS, *computed) if item in home_of() or item in ALWAYS or words.derived(item)]
    return list(dict.fromkeys([*wanted, *(item for item in rest if item != "full_name")]))


def chosen(user: User, words: Lexicon) -> list[str]:
    """The columns shown, in order."""
    can = available(words)
    kept = [item for item in user.preferences.get(PREFERENCE, []) if item in can]
    return kept or [item for item in can if item in DEFAULT]


def remember(user: User, items: Sequence[str], words: Lexicon) -> None:
    """Keep a choice of columns; an empty one means the default again."""
    can = available(words)
    user.preferences = {**user.preferences, PREFERENCE: [item for item in dict.fromkeys(items) if item in can]}
    user.save(update_fields=["preferences"])


def widths(user: User) -> dict[str, int]:
    """Columns whose width somebody has set, in pixels; the others take what they need."""
    return {
        item: width
        for item, width in user.preferences.get(WIDTHS, {}).items()
        if isinstance(width, int) and NARROWEST <= width <= WIDEST
    }


def remember_widths(user: User, asked: Mapping[str, str], words: Lexicon) -> None:
    """Keep widths: item -> pixels as text. "" means as wide as needed again; what is no number is passed over."""
    can = {NAME, *available(words)}
    with transaction.atomic():  # two edges let go at the same moment come as two requests
        user.preferences = User.objects.select_for_update().get(pk=user.pk).preferences
        kept = widths(user)
        for item, text in asked.items():
            if item in can and not text.strip():
                kept.pop(item, None)
            elif item in can and text.strip().isdigit():
                kept[item] = min(max(int(text), NARROWEST), WIDEST)
        user.preferences = {**user.preferences, WIDTHS: kept}
        user.save(update_fields=["preferences"])


def is_number(item: str, words: Lexicon) -> bool:
    known = words.items().get(item)
    return known is not None and known.kind in NUMBERS


def heading(item: str, words: Lexicon) -> str:
    """月收入（元）: a number's unit stands in the head."""
    known, label = words.items().get(item), words.label(item)
    return (
        f"{label}（{known.unit}）"
        if known and known.unit and is_number(item, words) and known.unit not in label
        else label
    )
