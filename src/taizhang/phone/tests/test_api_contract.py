"""The API keeps what its OpenAPI description promises, whatever is sent: no fault, no undocumented answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings

from taizhang.phone.tests.phones import Phone, enrolled

pytestmark = pytest.mark.django_db


@pytest.fixture
def described(village: dict[str, str]) -> Iterator[Any]:
    """Within the test's transaction: so no request may close the connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield _described()
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _described() -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


@pytest.fixture
def phone(village: dict[str, str]) -> Phone:
    return enrolled()


def test_whatever_a_phone_sends_the_answer_is_one_the_description_names(described: Any, phone: Phone) -> None:
    """By hypothesis over the description, without schemathesis' own pytest plugin."""
    tried = 0
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def holds(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {phone.token}"}, checks=CHECKS)

        holds()
        tried += 1
    assert tried == 7


def status_is_described(context: Any, response: Any, case: Any) -> None:
    known = {int(code) for code in case.operation.definition.raw["responses"]}
    assert response.status_code in known | {405}, (response.status_code, known)


CHECKS = [schemathesis.checks.not_a_server_error, status_is_described]


def test_the_description_names_every_call_and_is_open_to_all(village: dict[str, str]) -> None:
    found = json.loads(Client().get("/api/v1/openapi.json").content)
    assert set(found["paths"]) == {
        f"/api/v1/phone/{name}" for name in ("state", "form", "regions", "pull", "records", "evidence/{uuid}", "search")
    }
    assert found["info"] == {"title": "台账手机采集", "version": "1", "description": ""}
