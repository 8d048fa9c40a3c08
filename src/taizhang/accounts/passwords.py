"""等保 password rules that Django does not bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from pypinyin import lazy_pinyin


class ThreeClassesValidator:
    """At least three of: lower case, upper case, digits, other signs."""

    def validate(self, password: str, user: object = None) -> None:
        classes: list[Callable[[str], bool]] = [str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()]
        if sum(any(test(c) for c in password) for test in classes) < 3:
            raise ValidationError(self.get_help_text(), code="password_classes")

    def get_help_text(self) -> str:
        return "密码要含小写字母、大写字母、数字、符号中的三种，请补上。"


class PlaceNameValidator:
    """Not one's own place or name in pinyin with a number behind it: the first thing a neighbour tries."""

    def validate(self, password: str, user: Any = None) -> None:
        letters = "".join(c for c in password.lower() if c.isalpha())
        if user is not None and letters and letters in set(_own_words(user)):
            raise ValidationError(
                "密码里的字母是本地地名、单位或姓名的拼音，容易被猜到。请换一个。", code="password_place"
            )

    def get_help_text(self) -> str:
        return "不要用本地地名、单位或姓名的拼音。"


def _own_words(user: Any) -> list[str]:
    from taizhang.divisions.models import Division

    codes = {scope[:n] for scope in user.scopes for n in (2, 4, 6, 9, 12)}
    names = [user.display_name, user.office, user.username]
    for name, key in Division.objects.filter(code__in=codes).values_list("name", "match_key"):
        names += [name, key]
    return ["".join(lazy_pinyin(name)).lower() for name in names if name]
