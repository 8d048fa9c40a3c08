"""Numbers, dates, divisions, items and masked identities as people read them. Built in: templates need no `load`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.template.context import Context
from django.template.loader_tags import BlockNode
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

MISSING = "—"  # a missing number is never 0
MINUS = "−"


def _blank(value: object) -> bool:
    return value is None or value == "" or value == [] or value == ()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A picture from icons.svg; always beside a word or on a control with `aria-label`."""
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>', static("site/icons.svg"), name)


@register.simple_tag(takes_context=True)
def same_block(context: Context, name: str) -> SafeString:
    """The content of a block once more: the h1 says what the title says."""
    return mark_safe(BlockNode(name, template.NodeList()).render(context))


@register.filter
def thousands(value: Any) -> str:
    """98764 -> 98,764; None -> —; -206 -> −206; 4800.50 -> 4,800.5; 54.000000 -> 54."""
    if _blank(value):
        return MISSING
    number = value if isinstance(value, int) else Decimal(str(value))
    text = f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


@register.filter
def printed(value: Any) -> str:
    """A number of a table, with the decimals it was rounded to: 67.0 -> 67.0 beside 65.3; 4711 -> 4,711."""
    if not isinstance(value, Decimal):
        return thousands(value)
    return f"{value:,f}".replace("-", MINUS)


@register.filter
def signed(value: Any) -> str:
    """A change, with the decimals it was rounded to: 112 -> +112, -206 -> −206, 40.0 -> +40.0, -25.0 -> −25.0, 0 -> 0."""
    return f"+{printed(value)}" if not _blank(value) and value > 0 else printed(value)


@register.filter
def percent(value: Any, digits: int = 1) -> str:
    """A share between 0 and 1 as 61.5%."""
    return MISSING if _blank(value) else f"{Decimal(str(value)) * 100:.{int(digits)}f}%"


def _local(value: dt.date | dt.datetime) -> dt.date | dt.datetime:
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


@register.filter
def cn_date(value: dt.date | None) -> str:
    """2026年7月16日."""
    if _blank(value):
        return MISSING
    assert value is not None
    day = _local(value)
    return f"{day.year}年{day.month}月{day.day}日"


@register.filter
def short_date(value: dt.date | None) -> str:
    """7月16日 in narrow tables; the year is added when it is not this one."""
    if _blank(value):
        return MISSING
    assert value is not None
    day = _local(value)
    text = f"{day.month}月{day.day}日"
    return text if day.year == timezone.localdate().year else f"{day.year}年{text}"


@register.filter
def cn_month(value: dt.date | None) -> str:
    """2026年7月."""
    return MISSING if value is None else f"{value.year}年{value.month}月"


@register.filter
def cn_time(value: dt.datetime | None) -> str:
    """2026年6月18日 10:22."""
    return MISSING if value is None else f"{cn_date(value)} {_local(value):%H:%M}"


@register.filter
def mask(value: str | None) -> str:
    """An identity or phone number as it may be shown: 992323********1200, 154****0367."""
    from taizhang.protection import masking

    if not value:
        return MISSING
    return masking.mask_phone(value) if len(value) < 15 else masking.mask_id(value)


_DIVISION_NAMES: dict[str, str] = {}  # renamed divisions get new codes or a restart; 700,000 village names fit


def _division(code: str) -> str:
    """Name of one unit; an unknown code prints as itself."""
    if code not in _DIVISION_NAMES:
        from taizhang.divisions.models import Division

        name = Division.objects.filter(pk=code).values_list("name", flat=True).first()
        if name is None:
            return code
        _DIVISION_NAMES[code] = name
    return _DIVISION_NAMES[code]


@register.filter
def division_name(code: str | None) -> str:
    """共和镇."""
    return _division(code) if code else MISSING


def _prefixes(code: str, start: int = 2) -> list[str]:
    return [code[:size] for size in (2, 4, 6, 9, 12) if start <= size <= len(code)]


@register.filter
def division_full_name(code: str | None) -> str:
    """云南省楚雄彝族自治州牟定县共和镇天台村民委员会; letters (a country abroad) print as they are."""
    if not code or not code.isdigit():
        return code or MISSING
    return "".join(_division(prefix) for prefix in _prefixes(code))


@register.filter
def division_path(code: str | None) -> str:
    """共和镇 / 天台村民委员会: town and village, for lists within a county."""
    if not code or not code.isdigit():
        return code or MISSING
    return " / ".join(_division(prefix) for prefix in _prefixes(code, 9 if len(code) > 6 else len(code)))


@register.filter
def division_near(code: str | None, home: str) -> str:
    """A place as people at `home` say it: 省外的写全，省内的不写省，县内的从县写起."""
    if not code or not code.isdigit():
        return code or MISSING
    start = 6 if code[:6] == home[:6] else (4 if code[:2] == home[:2] else 2)
    return "".join(_division(prefix) for prefix in _prefixes(code, min(start, len(code))))


@register.filter
def item_name(item: str) -> str:
    """Chinese name of a catalogue item."""
    from taizhang.catalogue import load

    found = load().items.get(item)
    return found.name if found else item


@register.filter
def item_label(value: Any, item: str) -> str:
    """A stored value of catalogue item `item` in words: 外出务工, 2026年7月16日, 是, 3月、4月, 4,800."""
    from taizhang.catalogue import load

    found = load().items.get(item)
    if _blank(value) or found is None:
        return MISSING if _blank(value) else str(value)
    labels = load().lists[found.list] if found.list else None
    match found.kind:
        case "enum":
            return (labels.label(value) if labels else None) or str(value)
        case "multi":
            return "、".join((labels.label(code) if labels else None) or code for code in value)
        case "bool":
            return "是" if value in (True, "true", "1") else "否"
        case "date":
            return cn_date(_as_date(value))
        case "ym":
            return cn_month(_as_date(value))
        case "months":
            return months_label([_as_date(month) for month in value])
        case "region":
            return division_full_name(value)
        case "int" | "dec":
            return thousands(value)
        case _:
            return mask(value) if found.sealed else str(value)


def _as_date(value: Any) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def months_label(months: list[dt.date]) -> str:
    """2026年3月—6月、8月: runs of months are joined."""
    runs: list[list[dt.date]] = []
    for month in sorted(months):
        if runs and _index(runs[-1][-1]) + 1 == _index(month):
            runs[-1].append(month)
        else:
            runs.append([month])
    parts, year = [], None
    for run in runs:
        first, last = run[0], run[-1]
        text = cn_month(first) if first.year != year else f"{first.month}月"
        if last != first:
            text += f"—{last.month}月" if last.year == first.year else f"—{cn_month(last)}"
        parts.append(text)
        year = last.year
    return "、".join(parts)


def _index(month: dt.date) -> int:
    return month.year * 12 + month.month
