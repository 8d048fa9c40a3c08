"""A missing or wrong setting is named by id, with its remedy, before anything starts."""

import io
from dataclasses import replace

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection

from taizhang.engine import checks
from taizhang.protection import audit, cipher, keys
from taizhang.protection import checks as key_checks
from taizhang.protection.audit import Action


def ids(found):
    assert all(message.hint for message in found)
    return [message.id for message in found]


def test_a_sound_installation_has_nothing_to_say(db):
    assert [found for found in run_checks(databases=["default"]) if not found.is_silenced()] == []


def test_e001_a_wrong_or_in_production_missing_database_url(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", "wrong-url")
    assert ids(checks.database_url()) == ["taizhang.E001"]
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", "taizhang")
    settings.PRODUCTION, settings.ENVIRONMENT = True, replace(settings.ENVIRONMENT, database_url=None)
    assert ids(checks.database_url()) == ["taizhang.E001"]
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, database_url="postgresql:///x")
    assert checks.database_url() == []


def test_e002_a_data_directory_that_cannot_be_written(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.DATA_DIR = tmp_path / "file" / "data"
    assert ids(checks.data_directory()) == ["taizhang.E002"]
    settings.DATA_DIR = tmp_path / "not" / "yet" / "there"
    assert checks.data_directory() == []


def test_e003_a_missing_wrong_or_open_key_file(settings, tmp_path):
    settings.KEY_FILE = tmp_path / "keys.json"
    assert key_checks.key_file() == []  # the demo will make it
    settings.PRODUCTION = True
    assert ids(key_checks.key_file()) == ["taizhang.E003"]
    call_command("makekeys", stdout=io.StringIO())
    assert key_checks.key_file() == []
    settings.KEY_FILE.chmod(0o640)
    assert ids(key_checks.key_file()) == ["taizhang.E003"]
    settings.KEY_FILE.write_text("{}")
    assert ids(key_checks.key_file()) == ["taizhang.E003"]


def test_e004_the_owners_role_and_a_missing_role(own_database):
    assert checks.application_role(databases=["default"]) == []
    connection.close()
    right = connection.settings_dict["OPTIONS"]
    try:
        for options in ({}, {"options": "-c role=nobody_made_this"}):
            connection.settings_dict["OPTIONS"] = options
            assert ids(checks.application_role(databases=["default"])) == ["taizhang.E004"]
            connection.close()
    finally:
        connection.settings_dict["OPTIONS"] = right


def test_e005_r24_wrong_known_answers(monkeypatch):
    monkeypatch.setattr(cipher, "self_test", lambda: False)
    assert ids(key_checks.algorithms()) == ["taizhang.E005"]


@pytest.mark.django_db
def test_e006_another_databases_key_file(settings, tmp_path):
    audit.write(None, Action.MAINTENANCE)
    assert key_checks.key_mark(databases=["default"]) == []
    settings.KEY_FILE = tmp_path / "other.json"
    keys.ring.cache_clear()
    keys.create()
    assert ids(key_checks.key_mark(databases=["default"])) == ["taizhang.E006"]
    keys.ring.cache_clear()


def test_e007_r24_a_clock_before_this_program_was_written(monkeypatch):
    monkeypatch.setattr(checks.time, "time", lambda: 0.0)
    assert ids(checks.clock()) == ["taizhang.E007"]
