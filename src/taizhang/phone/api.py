"""The phone's API, version 1. Every call carries the phone's token, no cookie; what it may see is what its collector may see now.

Errors: {"code", "message"}. 401 "wipe" means that this phone may not call any more and forgets everything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, NinjaAPI, Schema
from ninja.errors import ValidationError
from ninja.security import HttpBearer
from ninja.throttling import AuthRateThrottle
from pydantic import AfterValidator

from taizhang.accounts.acting import acting_as
from taizhang.engine.errors import DomainError
from taizhang.ledger import duplicates, webedit
from taizhang.ledger.states import Mode
from taizhang.phone import devices, downloading, evidence, queries, taking
from taizhang.phone.models import Device, Kind


class Wipe(Exception):
    """Not this phone's any more."""


class Token(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Device:
        device = devices.known(token)
        if device is None:
            raise Wipe
        return device


class PhoneRequest(HttpRequest):
    auth: Device


api = NinjaAPI(
    title="台账手机采集", version="1", urls_namespace="phone_api", auth=Token(), docs_url=None, throttle=[AuthRateThrottle("240/m")]
)  # fmt: skip


@api.exception_handler(Wipe)
def _wipe(request: HttpRequest, error: Any) -> HttpResponse:
    message = "这部手机已停用，或者账号已停用。手机上的数据会清除。要继续用，请联系乡镇，再重新登记手机。"
    return api.create_response(request, {"code": "wipe", "message": message}, status=401)


@api.exception_handler(DomainError)
def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return api.create_response(request, {"code": error.code, "message": error.message}, status=error.status)


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: Any) -> HttpResponse:
    """Where, never what: it may quote a person."""
    places = [{"loc": list(one["loc"]), "type": one["type"]} for one in error.errors]
    return api.create_response(
        request,
        {"code": "malformed", "message": "手机发来的内容不完整。请更新页面后再同步。", "places": places},
        status=422,
    )


def acting(view: Callable[..., Any]) -> Callable[..., Any]:
    """Open the collector's villages for the length of a call."""

    @wraps(view)
    def inside(request: PhoneRequest, *args: Any, **kwargs: Any) -> Any:
        with acting_as(request.auth.user):
            return view(request, *args, **kwargs)

    return inside


class Refusal(Schema):
    code: str
    message: str


ANSWERS: dict[int, Any] = {401: Refusal, 422: Refusal, 429: Any}


@api.get("/phone/state", response={200: dict[str, Any], **ANSWERS})
@acting
def state(request: PhoneRequest) -> Any:
    devices.seen(request.auth)
    return {"server_time": timezone.now(), **queries.state(request.auth)}


@api.get("/phone/form", response={200: dict[str, Any], **ANSWERS})
@acting
def form(request: PhoneRequest) -> Any:
    """The form as `catalogue.form_json` gives it, with its version and the statuses somebody may be stopped with."""
    words, found = webedit.form_of(request.auth.user)
    return {"version": found.version, "form": words.catalogue.form_json(found), "statuses": queries.statuses(words)}


@api.get("/phone/regions", response={200: dict[str, Any], **ANSWERS})
@acting
def regions(request: PhoneRequest) -> Any:
    """Places for choosing one without a network: the country down to counties, and the collector's own counties whole."""
    return {"regions": queries.regions(request.auth.user)}


class Asked(Schema):
    ack: int = Field(0, ge=0, le=2**31 - 1)
    limit: int = Field(downloading.MOST, ge=1, le=downloading.MOST)


@api.post("/phone/pull", response={200: dict[str, Any], **ANSWERS})
@acting
def pull(request: PhoneRequest, asked: Asked) -> Any:
    found = downloading.pull(request.auth, asked.ack, asked.limit)
    answer = {
        "pull": found.pull, "people": found.people, "removed": found.removed, "more": found.more, "server_time": timezone.now()
    }  # fmt: skip
    if found.more:
        return answer
    return {**answer, "returned": downloading.returned(request.auth), "today": queries.today(request.auth.user)}


def _aware(value: dt.datetime) -> dt.datetime:
    """A moment of a phone's clock: one without a zone is ours; a flat battery sets a clock back to 1970, none is beyond 2100."""
    value = value if timezone.is_aware(value) else value.replace(tzinfo=timezone.get_current_timezone())
    if not 1970 <= value.year < 2100:
        raise ValueError("no such time")
    return value


Clock = Annotated[dt.datetime, AfterValidator(_aware)]
Day = Annotated[dt.date, Field(ge=dt.date(1900, 1, 1), lt=dt.date(2100, 1, 1))]


class RecordIn(Schema):
    uuid: UUID
    seq: int = Field(ge=0, le=2**53)
    at: Clock
    kind: Literal["unchanged", "edit", "new", "attempt", "stop"]
    worker: UUID | None = None
    base_version: int | None = Field(None, ge=0, le=2**53)
    answers: dict[str, Any] = Field(
        {}, description="Of an edit only the items it changes; null clears one. Of somebody new the whole form."
    )
    seen: dict[str, list[Any]] = Field(
        {}, description="For each item of an edit what the phone showed before, and what it said itself since."
    )
    mode: Literal["auto", "change", "correction"] = "auto"
    since: Day | None = None
    method: str = Field("", max_length=2)
    status: str = Field("", max_length=2)
    reason: str = Field("", max_length=200)
    channel: Literal["", "visit", "phone", "wechat"] = ""
    result: Literal["", "reached", "unreached", "wrong_number", "away", "refused"] = ""
    next: Day | None = None
    paper: UUID | None = None

    def record(self) -> taking.Record:
        given = self.dict() | {"kind": Kind(self.kind), "mode": Mode(self.mode)}
        return taking.Record(**given)


class Brought(Schema):
    records: list[RecordIn] = Field(max_length=taking.MOST)
    sent_at: Clock


class FindingOut(Schema):
    item: str | None = None
    message: str


class TakenOut(Schema):
    uuid: UUID
    outcome: str
    message: str
    findings: list[FindingOut]
    worker: UUID | None = None
    version: int | None = None


class Results(Schema):
    results: list[TakenOut]
    server_time: dt.datetime


@api.post("/phone/records", response={200: Results, **ANSWERS})
@acting
def records(request: PhoneRequest, brought: Brought) -> Any:
    devices.seen(request.auth, brought.sent_at)
    results = taking.take(request.auth, [one.record() for one in brought.records], brought.sent_at)
    return {"results": results, "server_time": timezone.now()}


class Stored(Schema):
    stored: bool


@api.put("/phone/evidence/{uuid}", response={200: Stored, **ANSWERS})
@acting
def put_evidence(request: PhoneRequest, uuid: UUID, record: UUID, kind: Literal["photo", "signature"]) -> Any:
    """A picture of the paper or a signature; the body is the picture. Again with the same id changes nothing."""
    evidence.keep(device=request.auth, evidence_id=uuid, record=record, kind=kind, data=request.body)
    return {"stored": True}


class Number(Schema):
    number: str = Field(max_length=40)
    name: str = Field("", max_length=50)


@api.post("/phone/search", response={200: dict[str, Any], **ANSWERS})
@acting
def search(request: PhoneRequest, asked: Number) -> Any:
    """Whether the ledger knows a number: before somebody is added."""
    return queries.look(
        request.auth.user, duplicates.Asked.of({"full_name": asked.name or "—", "id_number": asked.number})
    )
