"""等保 password rules that Django does not bring."""

from __future__ import annotations

from django.core.exceptions import ValidationError


class ThreeClassesValidator:
    """At least three of: lower case, upper case, digits, other signs."""

    def validate(self, password: str, user: object = None) -> None:
        classes = [str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()]
        if sum(any(test(c) for c in password) for test in classes) < 3:
            raise ValidationError(self.get_help_text(), code="password_classes")

    def get_help_text(self) -> str:
        return "密码要含小写字母、大写字母、数字、符号中的三种，请补上。"
