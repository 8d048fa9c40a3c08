"""System checks: what is wrong with the installation and what to do, before anything starts."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection

INSTALLATION = "installation"  # tag of the checks every start runs
EARLIEST = 1_767_196_800  # 2026-01-01: this program is younger than any right clock


@register(INSTALLATION)
def database_url(app_configs: object = None, **kwargs: Any) -> list[CheckMessage]:
    """taizhang.E001."""
    environment = settings.ENVIRONMENT
    example = "postgresql://账号:密码@主机:5432/taizhang"
    if settings.DATABASES["default"]["NAME"] == "wrong-url":
        return [
            Error("TAIZHANG_DATABASE_URL 写得不对。", hint=f"写成 {example} 的样子，库名不能少。", id="taizhang.E001")
        ]
    if settings.PRODUCTION and not environment.database_url:
        return [
            Error("正式环境没有设 TAIZHANG_DATABASE_URL。", hint=f"设成 {example} 的样子，再启动。", id="taizhang.E001")
        ]
    return []


@register(INSTALLATION)
def data_directory(app_configs: object = None, **kwargs: Any) -> list[CheckMessage]:
    """taizhang.E002."""
    place = Path(settings.DATA_DIR)
    nearest = next(path for path in (place, *place.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    hint = "用 TAIZHANG_DATA_DIR 指到运行程序的账号能写的目录，或改目录的权限。"
    return [Error(f"数据目录 {place} 不能写。", hint=hint, id="taizhang.E002")]


@register(INSTALLATION)
def clock(app_configs: object = None, **kwargs: Any) -> list[CheckMessage]:
    """taizhang.E007: time-outs, locks and the audit chain rest on the clock."""
    if time.time() >= EARLIEST:
        return []
    return [Error("系统时间不对。", hint="先校准系统时间（如启用 NTP），再启动。", id="taizhang.E007")]


@register(INSTALLATION, Tags.database)
def application_role(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """taizhang.E004: row-level security binds neither superusers nor the tables' owner."""
    if not databases or settings.AS_OWNER:
        return []
    hint = f"先运行 ./taizhang migrate，它会建立角色 {settings.APP_ROLE}；程序连接数据库后只用这个角色。"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            name, unbound = cursor.fetchone()
    except DatabaseError:
        reach = "核对 TAIZHANG_DATABASE_URL 里的主机、端口、账号和密码，数据库要开着。连得上的，"
        return [Error(f"连不上数据库，或缺少角色 {settings.APP_ROLE}。", hint=reach + hint, id="taizhang.E004")]
    if unbound or name != settings.APP_ROLE:
        return [Error(f"程序正以数据库角色 {name} 运行，行级权限对它不起作用。", hint=hint, id="taizhang.E004")]
    return []
