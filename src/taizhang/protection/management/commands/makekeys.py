"""`./taizhang manage makekeys`: the key file of a new installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from taizhang.protection import cipher


class Command(BaseCommand):
    help = "生成密钥文件（只在第一次安装时）。 Make the key file of a new installation."
    requires_system_checks: list[str] = []  # it is the remedy of taizhang.E003

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            cipher.create_key_file(settings.KEY_FILE)
        except FileExistsError:
            raise CommandError(f"{settings.KEY_FILE} 已经有了，没有改动。换掉它，已存的号码就打不开了。") from None
        self.stdout.write(f"已生成 {settings.KEY_FILE}。请马上另存一份备份，与数据库备份分开保管。")
