"""`./taizhang manage first_accounts`: the three administrators of a new installation."""

from typing import Any

from django.core.management.base import BaseCommand

from taizhang.accounts import actions
from taizhang.accounts.models import Role
from taizhang.engine.errors import DomainError


class Command(BaseCommand):
    help = "新建三个管理员账号（系统、安全、审计），初始密码只显示这一次，24 小时内有效。"

    def handle(self, *args: Any, **options: Any) -> None:
        names = {Role.SYSTEM_ADMIN: "system", Role.SECURITY_ADMIN: "security", Role.AUDIT_ADMIN: "audit"}
        try:
            passwords = actions.install(names=names)
        except DomainError as refusal:
            self.stderr.write(refusal.message)
            return
        for username, password in passwords.items():
            self.stdout.write(f"{username}\t{password}")
        self.stdout.write("登录后先改密码。系统管理员建账号，安全管理员授角色和区划，三人互不兼任，都看不到人员。")
