"""What the upload page asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.comparison import queries
from taizhang.divisions import queries as divisions


class BringForm(forms.Form):
    """A list, what it is and the day it stands for."""

    kind = forms.ChoiceField(
        label="名单种类", error_messages={"required": "请选名单种类。", "invalid_choice": "请选名单种类。"}
    )
    division = forms.ChoiceField(label="区划", required=False)
    day = forms.DateField(
        label="名单截止日",
        error_messages={"required": "请填名单截止日。", "invalid": "日期写成 2026-06-30 这样。"},
    )
    file = forms.FileField(
        label="选择文件",
        error_messages={"required": "请选一个文件。", "empty": "这个文件是空的（0 字节）。请重新保存后再传。"},
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(one.id, f"{one.name}（{one.department}）") for one in queries.kinds_for(actor)]
        self.fields["kind"].choices = [("", "请选择"), *kinds]  # type: ignore[attr-defined]
        places = [(code, divisions.get(code).name) for code in actor.scopes]
        self.fields["division"].choices = places  # type: ignore[attr-defined]

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError("名单截止日不能晚于今天。请写名单上的人数是哪一天的。")
        return day
