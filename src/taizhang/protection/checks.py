"""System checks of keys: a wrong one must stop the start, not the first save."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from taizhang.engine.checks import INSTALLATION
from taizhang.protection import cipher, keys


@register(INSTALLATION)
def key_file(app_configs: object = None, **kwargs: Any) -> list[CheckMessage]:
    """taizhang.E003: missing (where a demo would not make one), wrong, or readable by others."""
    path = Path(settings.KEY_FILE)
    if not path.exists() and not settings.PRODUCTION:
        return []  # the demo makes one at its first start
    try:
        cipher.read_key_file(path)
    except cipher.KeyFileWrong as error:
        hint = (
            "把原来的密钥文件放回去，或用 TAIZHANG_KEY_FILE 指出它在哪里；"
            "第一次安装运行 ./taizhang manage makekeys。丢了密钥，号码就打不开了。"
        )
        return [Error(f"{error}。", hint=hint, id="taizhang.E003")]
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [Error(f"密钥文件 {path} 别人也能读。", hint=f"运行 chmod 600 {path}。", id="taizhang.E003")]
    return []


@register(INSTALLATION)
def algorithms(app_configs: object = None, **kwargs: Any) -> list[CheckMessage]:
    """taizhang.E005: known answers of SM3 and SM4."""
    if cipher.self_test():
        return []
    return [
        Error("国密算法自检没有通过。", hint="重装 requirements.txt 里的 cryptography 后再启动。", id="taizhang.E005")
    ]


@register(INSTALLATION, Tags.database)
def key_mark(app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """taizhang.E006: this key file is not the one the database was filled with."""
    if not databases:
        return []
    try:
        if keys.fits_database():
            return []
    except DatabaseError:  # not migrated yet, or E004 says it
        return []
    hint = "用这个数据库原来的密钥文件（TAIZHANG_KEY_FILE）；用错的密钥写入，两批号码以后都难打开。"
    return [Error("密钥文件不是这个数据库原来的那一个。", hint=hint, id="taizhang.E006")]
