"""What the pages ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.divisions import queries as divisions


def form_choices() -> list[tuple[str, str]]:
    loaded = catalogue.load()
    return [
        (name, f"{form.title}（{loaded.programmes[name].short_name}，{form.version} 版）")
        for name, form in sorted(loaded.forms.items())
    ]


def division_choices(actor: User) -> list[tuple[str, str]]:
    """The actor's own divisions and, of those above village, the towns or villages directly beneath."""
    found: dict[str, str] = {}
    for scope in actor.scopes:
        unit = divisions.valid().filter(pk=scope).first()
        if unit is None:
            continue
        found[unit.code] = unit.name
        if len(unit.code) >= 6:
            below = divisions.valid().filter(code__startswith=unit.code).exclude(pk=unit.code).order_by("code")
            found.update({one.code: f"{'　' * (one.level - unit.level)}{one.name}" for one in below})
    return list(found.items())


class _Own(forms.Form):
    """A form about the actor's own divisions."""

    programme = forms.ChoiceField(label="表式")
    division = forms.ChoiceField(label="区划", required=False)

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].choices = form_choices()  # type: ignore[attr-defined]
        self.fields["division"].choices = division_choices(actor) if actor.sees_people else []  # type: ignore[attr-defined]
        self.fields["programme"].initial = actor.programme


class TemplateForm(_Own):
    """Which template, for where, with or without the people already known."""

    people = forms.BooleanField(label="填好已在台账的人", required=False)


class BringForm(_Own):
    """A file and what it is."""

    file = forms.FileField(
        label="选择文件",
        error_messages={"required": "请选一个文件。", "empty": "这个文件是空的（0 字节）。请重新保存后再传。"},
    )
    collected_on = forms.DateField(label="采集日期", required=False)

    def clean_collected_on(self) -> Any:
        day = self.cleaned_data.get("collected_on") or timezone.localdate()
        if day > timezone.localdate():
            raise forms.ValidationError("采集日期不能晚于今天。请改成实际入户的日期。")
        return day


class SettleForm(forms.Form):
    """Whose value stands: `all` for the whole row, else `item-<id>` = "mine" for every item that keeps the row's."""

    version = forms.IntegerField(min_value=1)
    all = forms.ChoiceField(choices=(("mine", ""), ("ledger", "")), required=False)

    def mine(self, items: list[str]) -> list[str]:
        """Those of `items` whose row value stands."""
        if self.cleaned_data["all"]:
            return items if self.cleaned_data["all"] == "mine" else []
        return [item for item in items if self.data.get(f"item-{item}") == "mine"]
