"""What the machine tells us: the three settings of a real installation, with their defaults for the embedded one."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Environment:
    """`database_url` None means the embedded PostgreSQL inside `data_dir`."""

    data_dir: Path
    database_url: str | None
    key_file: Path
    production: bool


def read_environment(environ: dict[str, str] | None = None) -> Environment:
    """Settings from TAIZHANG_DATA_DIR, TAIZHANG_DATABASE_URL, TAIZHANG_KEY_FILE and TAIZHANG_PRODUCTION."""
    environ = dict(os.environ) if environ is None else environ
    data_dir = Path(environ.get("TAIZHANG_DATA_DIR") or ROOT / "var" / "data").resolve()
    return Environment(
        data_dir=data_dir,
        database_url=environ.get("TAIZHANG_DATABASE_URL") or None,
        key_file=Path(environ.get("TAIZHANG_KEY_FILE") or data_dir / "keys.json").resolve(),
        production=environ.get("TAIZHANG_PRODUCTION", "") == "1",
    )


def parse_database_url(url: str) -> dict[str, object]:
    """Django's DATABASES entry for `postgresql://user:password@host:port/name?host=/socket/dir`.

    Raises ValueError when the scheme is not PostgreSQL's or the database name is missing.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("scheme")
    options = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ValueError("name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or "") or options.pop("user", ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
