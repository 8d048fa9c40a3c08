"""What people type into the account pages."""

from __future__ import annotations

from django import forms

from taizhang.accounts.models import Role


class SignInForm(forms.Form):
    username = forms.CharField(max_length=50, error_messages={"required": "账号没有填，请填上。"})
    password = forms.CharField(max_length=200, strip=False, error_messages={"required": "密码没有填，请填上。"})


class PasswordForm(forms.Form):
    """`current` is not asked of somebody who came with an initial password, which is already gone."""

    current = forms.CharField(max_length=200, strip=False, required=False)
    new = forms.CharField(max_length=200, strip=False, error_messages={"required": "新密码没有填，请填上。"})
    again = forms.CharField(max_length=200, strip=False, error_messages={"required": "请再输入一次新密码。"})

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if self.cleaned_data.get("new") and again != self.cleaned_data["new"]:
            raise forms.ValidationError("两次输入的新密码不一样，请重新输入。")
        return again


class NewUserForm(forms.Form):
    username = forms.CharField(label="账号", max_length=50, error_messages={"required": "账号没有填，请填上。"})
    display_name = forms.CharField(label="姓名", max_length=50, error_messages={"required": "姓名没有填，请填上。"})
    office = forms.CharField(label="单位", max_length=100, required=False)


class GrantForm(forms.Form):
    """`scopes`: codes separated by spaces, commas or lines."""

    role = forms.ChoiceField(choices=Role.choices, error_messages={"required": "没有选角色，请选一个。"})
    scopes = forms.CharField(required=False, max_length=2000)
    programme = forms.CharField(required=False, max_length=40)

    def clean_scopes(self) -> list[str]:
        text: str = self.cleaned_data["scopes"]
        return text.replace("，", " ").replace(",", " ").replace("、", " ").split()
