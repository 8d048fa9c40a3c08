"""Tests run against a real embedded PostgreSQL of their own, as the unprivileged application role, never as the owner."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_TEMPORARY = Path(tempfile.mkdtemp(prefix="taizhang-test-"))
# Before Django reads its settings: a data directory, a key and a server nobody else uses.
os.environ["TAIZHANG_DATA_DIR"] = str(_TEMPORARY)
# Playwright's sync API keeps an event loop on the main thread; Django would take every query of later tests for async.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
os.environ.pop("TAIZHANG_DATABASE_URL", None)
os.environ.pop("TAIZHANG_KEY_FILE", None)
os.environ.pop("TAIZHANG_AS_OWNER", None)

_numbers = itertools.count(1)


def pytest_configure() -> None:
    from django.conf import settings

    # pytest-django may have read the settings before this file was loaded
    settings.DATA_DIR, settings.KEY_FILE = _TEMPORARY, _TEMPORARY / "keys.json"
    from taizhang.protection.cipher import create_key_file

    create_key_file(_TEMPORARY / "keys.json")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that take minutes come first, so that at the end no process waits for another's."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_unconfigure() -> None:
    from taizhang.engine import server
    from taizhang.engine.tests import browser

    browser.stop()
    server.stop(_TEMPORARY, "immediate")
    shutil.rmtree(_TEMPORARY, ignore_errors=True)


def _owner(database: str = "postgres") -> psycopg.Connection:
    from taizhang.engine import server

    url = server.running_url(_TEMPORARY)
    assert url is not None
    return psycopg.connect(url.replace(f"/{server.DATABASE}?", f"/{database}?"), autocommit=True)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The run's data directory; gone afterwards."""
    return _TEMPORARY


@pytest.fixture(scope="session")
def postgres_url(data_dir: Path) -> str:
    """URL of the run's embedded server as its owner (for tests of SQL that need no Django)."""
    from taizhang.engine import server

    url = server.start(data_dir)
    with _owner() as connection:  # durability buys a test nothing
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET synchronous_commit = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def django_db_setup(postgres_url: str, django_db_blocker: pytest.FixtureRequest) -> None:
    """Migrate a template database as its owner, then let Django in as the application role."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from taizhang.site.environment import parse_database_url

    wanted = parse_database_url(postgres_url)
    default = settings.DATABASES["default"]
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.close()
        for target in (default, connection.settings_dict):
            target.update({key: wanted[key] for key in ("NAME", "USER", "HOST", "PORT")})
            target["OPTIONS"] = {}
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()
        for target in (default, connection.settings_dict):
            target["OPTIONS"] = {"options": f"-c role={settings.APP_ROLE}"}


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """A private copy of the migrated, empty database, for tests that commit, use threads, processes or a live server. Yields its owner URL."""
    with _copy(django_db_blocker) as url:
        yield url


@pytest.fixture(scope="module")
def module_database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """The same for all tests of a module, which then use nothing else of the database."""
    with _copy(django_db_blocker) as url:
        yield url


@pytest.fixture(autouse=True)
def _no_files_of_a_world_that_is_gone() -> Iterator[None]:
    """A test that runs `on_commit` callbacks inside its rolled-back transaction leaves the anchor of entries that never
    were; one that asks what was known of a past day leaves the files of another test's history."""
    from django.db import connection

    from taizhang.engine import server

    yield
    shutil.rmtree(_TEMPORARY / "snapshots" / "then", ignore_errors=True)
    if (
        connection.settings_dict["NAME"] == server.DATABASE
    ):  # in a copy the chain is real, and the copy takes its anchor away
        (_TEMPORARY / "audit-anchor.json").unlink(missing_ok=True)


@contextmanager
def _copy(django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    from django.db import connection

    from taizhang.engine import server

    name = f"copy_{next(_numbers)}"
    original = connection.settings_dict["NAME"]
    # The end of the audit chain is kept outside the database; a fresh database starts a fresh chain.
    anchor, kept = _TEMPORARY / "audit-anchor.json", _TEMPORARY / f"audit-anchor.{name}"
    if anchor.exists():
        anchor.rename(kept)
    connection.close()
    with _owner() as owner:
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [server.DATABASE])
        owner.execute(f"CREATE DATABASE {name} TEMPLATE {server.DATABASE}")
    connection.settings_dict["NAME"] = name
    try:
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            yield (server.running_url(_TEMPORARY) or "").replace(f"/{server.DATABASE}?", f"/{name}?")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original
        anchor.unlink(missing_ok=True)
        if kept.exists():
            kept.rename(anchor)
        with _owner() as owner:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
