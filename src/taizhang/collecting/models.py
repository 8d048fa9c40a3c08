"""Collection points and who stands behind them; rounds of verification, their numbers, and attempts to reach people.

Nothing is deleted: what no longer holds ends with `to_date`, the first day on which it does not hold any more.
A task of a round is not a row: it is a person in the programme's open pool (`queries.tasks`).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from taizhang.collecting.monthstates import Stage
from taizhang.engine.ids import uuid7
from taizhang.ledger import columns as c


class Channel(models.TextChoices):
    """How somebody was tried to be reached. Stored values never change."""

    VISIT = "1", "入户"
    PHONE = "2", "电话"
    WECHAT = "3", "微信"


class Result(models.TextChoices):
    """What came of it. Stored values never change."""

    REACHED = "1", "接通"
    SILENT = "2", "联系不上"
    NO_NUMBER = "3", "空号"
    AWAY = "4", "不在家"
    REFUSED = "5", "本人拒答"


class Office(models.TextChoices):
    """What a leader of a point is to it (mouding-2017 三). Stored values never change."""

    LEADER = "leader", "挂钩领导"
    CADRE = "cadre", "挂钩干部"


class PictureState(models.TextChoices):
    """Where a picture of a paper stands. Stored values never change."""

    WAITING = "waiting", "正在认"
    UNREAD = "unread", "没认出来"
    ATTACHED = "attached", "已归到人"
    DISCARDED = "discarded", "不要的"


class Problem(models.TextChoices):
    """Why a picture belongs to nobody yet. Stored values never change."""

    NO_CODE = "no_code", "没有读到二维码。请重新拍：纸放平、光线足、二维码不要折；或在下面选人。"
    SEVERAL = "several", "一张里有几个人的二维码。请一人一张分开拍；或在下面选人。"
    OTHER_CODE = "other_code", "二维码不是本系统印的表上的。请看是不是拍错了；或在下面选人。"
    FORGED = "forged", "二维码的校验不对：不是本系统印的，或者被改过。不能自动归到人，请对着纸核清楚再选人。"
    FOREIGN = "foreign", "这张表不是您负责的村的，或者已经不在台账里。请交给负责的采集员；拍错了就点“不要”。"
    DAMAGED = "damaged", "图片打不开，可能没有传完整或者坏了。请重新拍一张。"
    TOO_LARGE = "too_large", "图片太大，没有认。请用手机普通清晰度重拍，长边 8,000 像素以内。"


class DoubtState(models.TextChoices):
    """Where a doubt about a person stands. Stored values never change. OPEN: the doubt lasts while the ledger contradicts the
    list (`doubts.holds`) and is settled once it does not any more; nobody writes that down."""

    OPEN = "open", "待核"
    REFUTED = "refuted", "已核不属实"
    NAME = "name", "姓名不同，待确认"
    OTHER = "other", "不是同一个人"
    SAME = "same", "是同一个人，没有不一致"
    WITHDRAWN = "withdrawn", "名单已撤回"


def _by() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")


class Dated(models.Model):
    """Holds from `from_date`, and no longer from `to_date` on."""

    from_date = models.DateField()
    to_date = models.DateField(null=True)
    by = _by()

    class Meta:
        abstract = True


class Point(Dated):
    """采集点: one or more villages of a town. `division` is the town; `code` counts within the county, 532323-001."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    division = c.division()
    name = models.CharField(max_length=60)
    code = models.CharField(max_length=12, unique=True, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["division", "name"], condition=Q(to_date=None), name="one_point_per_name"),
            models.CheckConstraint(condition=~Q(name=""), name="point_has_name"),
            models.CheckConstraint(condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="point_ends_after"),
        ]
        indexes = [models.Index(fields=["division"], name="point_of_town")]

    def __str__(self) -> str:
        return self.name


class PointVillage(Dated):
    """A village (`division`) of a point; of one open point at most."""

    point = models.ForeignKey(Point, on_delete=models.PROTECT, related_name="villages")
    division = c.division()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["division"], condition=Q(to_date=None), name="one_open_point_per_village"),
        ]


class PointCollector(Dated):
    """信息采集员 of a point. The account's scopes are the villages of its open points (`pointactions`)."""

    point = models.ForeignKey(Point, on_delete=models.PROTECT, related_name="collectors")
    division = c.division()  # the point's
    user = _by()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["point", "user"], condition=Q(to_date=None), name="one_open_post_per_collector"
            ),
        ]


class PointLeader(Dated):
    """挂钩领导 or 挂钩干部 of a point: name and office, no phone."""

    point = models.ForeignKey(Point, on_delete=models.PROTECT, related_name="leaders")
    division = c.division()  # the point's
    kind = models.CharField(max_length=10, choices=Office.choices)
    name = models.CharField(max_length=50)
    office = models.CharField(max_length=100, default="", blank=True)


class Helper(Dated):
    """联系人 (一对一帮扶责任人): who it is. Whom they help is the ledger's item `helper`, which holds the name; a name means
    the helper of that name of the person's town (`division`), else of the county.

    `phone_sealed`: of the office, sealed with `id` as context.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    division = c.division()
    name = models.CharField(max_length=50, db_collation="C")
    post = models.CharField(max_length=100)
    phone_sealed = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["division", "name"], condition=Q(to_date=None), name="one_helper_per_name"),
            models.CheckConstraint(condition=~Q(name=""), name="helper_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Population(models.Model):
    """Inhabitants of a village as the county wrote them in; append only, the last one holds."""

    id = models.BigAutoField(primary_key=True)
    division = c.division()
    people = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    by = _by()

    class Meta:
        indexes = [models.Index(fields=["division", "-id"], name="population_of_village")]


class Round(models.Model):
    """One turn of verification of a programme in a county (`division`). Everybody is to be verified from `first` to
    `until`; `due` is the last day in time. `people`, `verified` ...: the sums at closing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.CharField(max_length=40)
    division = c.division()
    first = models.DateField()  # of the month, quarter, half-year or year
    until = models.DateField()  # its last day
    due = models.DateField()
    name = models.CharField(max_length=20)
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "division", "first"], name="one_round_per_period"),
            models.CheckConstraint(condition=Q(until__gt=F("first")), name="round_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.division} {self.first}"


class RoundNumber(models.Model):
    """A village's numbers when its round was closed; append only. `verified` of `people`; the others are the rest."""

    id = models.BigAutoField(primary_key=True)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="numbers")
    division = c.division()
    people = models.PositiveIntegerField()
    verified = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()
    unreached = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "division"], name="one_number_per_village")]


class Attempt(models.Model):
    """One attempt to reach a person of a round; append only. `id` may come from the device, so that sending an attempt
    twice keeps it once; `device_at` is the device's own clock, `at` the server's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    worker = c.loose_key("ledger.Worker")
    division = c.division()
    # No index of its own: an attempt is looked for by its person; a round's would tempt the planner to read all of them
    # for each person.
    round = models.ForeignKey(Round, null=True, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    at = models.DateTimeField(auto_now_add=True)
    device_at = models.DateTimeField(null=True)
    channel = models.CharField(max_length=1, choices=Channel.choices)
    result = models.CharField(max_length=1, choices=Result.choices)
    next_on = models.DateField(null=True)
    by = _by()

    class Meta:
        indexes = [
            models.Index(fields=["worker", "-at"], name="attempt_of_worker"),
            models.Index(fields=["by", "at"], name="attempt_by_collector"),
        ]


class CandidateNote(models.Model):
    """Somebody was asked about and stays as they are: 还没领, 还没有恢复. The list (`candidates`, an id of
    collecting.yaml) leaves them out for the rest of `month` (its first day); append only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    worker = c.loose_key("ledger.Worker")
    division = c.division()
    programme = models.CharField(max_length=40)
    candidates = models.CharField(max_length=40)
    month = models.DateField()
    note = models.CharField(max_length=200, default="", blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = _by()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "programme", "candidates", "month"], name="one_note_per_candidate"
            ),
        ]


class MonthMove(models.Model):
    """One step of a unit's month (月末报送); append only. The unit is `point`, or the village `division` where it has none;
    of a point `division` is the first of its villages, so that its collector may write. The state is `target` of the
    last one; `numbers` as they were then."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.CharField(max_length=40)
    period = models.CharField(max_length=10)
    point = models.ForeignKey(Point, null=True, on_delete=models.PROTECT, related_name="months")
    division = c.division()
    number = models.PositiveIntegerField()
    verb = models.CharField(max_length=10)
    source = models.CharField(max_length=12, choices=Stage.choices)
    target = models.CharField(max_length=12, choices=Stage.choices)
    numbers = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, default="", blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = _by()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "period", "point", "number"], condition=Q(point__isnull=False),
                name="one_step_of_point",
            ),
            models.UniqueConstraint(
                fields=["programme", "period", "division", "number"], condition=Q(point=None), name="one_step_of_village"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["programme", "period", "division"], name="month_of_unit")]


class Sheet(models.Model):
    """One printed 一人一表: what its QR code stands for. Append only; the code itself holds `id` and a mac, nothing
    about the person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    worker = c.loose_key("ledger.Worker")
    division = c.division()
    round = models.ForeignKey(Round, null=True, on_delete=models.PROTECT, related_name="+")
    programme = models.CharField(max_length=40)
    printed_at = models.DateTimeField()
    by = _by()


class Picture(models.Model):
    """A picture of a signed paper; the bytes lie sealed in the data directory (`pictures.VAULT`). Never deleted.

    `division` is the person's once it is attached, before that one of who brought it. `digest` is SM3 of the bytes: the
    same picture brought twice by the same account is kept once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    division = c.division()
    upload = models.UUIDField()  # brought together
    state = models.CharField(max_length=10, choices=PictureState.choices, default=PictureState.WAITING)
    problem = models.CharField(max_length=10, choices=Problem.choices, default="", blank=True)
    digest = models.BinaryField(max_length=32)
    sheet = models.ForeignKey(Sheet, null=True, on_delete=models.PROTECT, related_name="+")
    worker = c.loose_key("ledger.Worker", null=True)
    round = models.ForeignKey(Round, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    by = _by()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "digest"], name="one_picture_per_digest"),
            models.CheckConstraint(
                condition=Q(state="attached", worker__isnull=False) | ~Q(state="attached"), name="attached_to_somebody"
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "-at"], name="picture_of_worker"),
            models.Index(fields=["upload"], name="picture_of_upload"),
            models.Index(fields=["by", "state"], name="picture_by_state"),
        ]


class Doubt(models.Model):
    """Another department's list says of somebody in the ledger what the ledger does not. Written by the room above that
    knows lists; never deleted.

    `kind` is a list's of departments.yaml, `source` the list as brought, `since` the day it stands for; `said` are its
    columns as text, `held` what the ledger said when the two were compared. `name`: as the list has it, where it differs.
    `answer`: what somebody who asked says against the list; an office then decides.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=c.Uuid7(), editable=False)
    worker = c.loose_key("ledger.Worker")
    division = c.division()
    kind = models.CharField(max_length=40)
    source = models.UUIDField()
    since = models.DateField()
    said = models.JSONField(default=dict)
    held = models.JSONField(default=dict)
    name = models.CharField(max_length=50, default="", blank=True)
    state = models.CharField(max_length=10, choices=DoubtState.choices, default=DoubtState.OPEN)
    reason = models.CharField(max_length=200, default="", blank=True)
    opened_at = models.DateTimeField()
    answer = models.CharField(max_length=200, default="", db_default="", blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "worker"], name="one_doubt_per_list")]
        indexes = [models.Index(fields=["worker", "kind"], name="doubt_of_worker")]
