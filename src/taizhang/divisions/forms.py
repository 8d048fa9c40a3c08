"""What the divisions page asks."""

from __future__ import annotations

from django import forms

DAY = {"required": "生效日期没有填，请填上。", "invalid": "日期写成 2020-10-01 的样子。"}


class AddForm(forms.Form):
    name = forms.CharField(max_length=200, error_messages={"required": "名称没有填，请填上。"})
    on = forms.DateField(error_messages=DAY)
    split_from = forms.CharField(required=False, max_length=12)


class RenameForm(forms.Form):
    name = forms.CharField(max_length=200, error_messages={"required": "名称没有填，请填上。"})
    on = forms.DateField(error_messages=DAY)


class RetireForm(forms.Form):
    on = forms.DateField(error_messages=DAY)
    merged_into = forms.CharField(required=False, max_length=12)
