"""What tells a snapshot that the ledger has moved on; what was sealed; rules a county has changed; cells filled in by
hand."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from taizhang import catalogue
from taizhang.engine.ids import uuid7
from taizhang.statistics.versionstates import NAMES, State


class Touch(models.Model):
    """A statement that wrote about people of a county; the county's mark is the sum of the weights, which are random.

    Random, so that a database restored from a backup and written to again does not come to an old mark. Rows are
    only added (no write waits for another's) and now and then added up into one, which leaves the sum as it is.
    Triggers on the ledger's tables write them, so that no way of writing is forgotten. Of people only opaque ids,
    hence no row-level security.
    """

    county = models.CharField(max_length=6, db_collation="C")
    weight = models.DecimalField(max_digits=30, decimal_places=0)
    people = ArrayField(models.UUIDField(), null=True)  # whom the statement wrote about; null: many, or added up

    class Meta:
        indexes = [models.Index(fields=["county"], name="touch_county")]


class Cut(models.Model):
    """The moment a county's rows were read for a seal.

    A transaction that began before it and has not written yet may not write about the county any more (trigger
    `after_cut`): recording times would put into the seal what the seal never saw. It is refused as a serialization
    failure; jobs begin again by themselves.
    """

    county = models.CharField(max_length=6, db_collation="C")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["county", "at"], name="cut_of_county")]


class Seal(models.Model):
    """A county's figures of a programme's period, closed. Append only; a later version does not change an earlier one.

    `manifest` (canonical JSON) names every file with its SM3, and the digest of the county's seal before it. It lies
    beside the files as well. mac: HMAC-SM3 of it; signature: Ed25519 of it (protection.signing).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.CharField(max_length=40)
    division = models.CharField(max_length=12, db_collation="C")  # the county
    period = models.CharField(max_length=10)
    version = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()  # in the chain of the county and programme
    cut_off = models.DateField()
    known_at = models.DateTimeField()  # everything recorded until then, nothing later
    people = models.IntegerField()
    manifest = models.TextField()
    digest = models.BinaryField(max_length=32)
    mac = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "division", "period", "version"], name="one_seal_per_version"),
            models.UniqueConstraint(fields=["programme", "division", "number"], name="one_chain_of_seals"),
        ]

    def __str__(self) -> str:
        return f"{self.division} {self.programme} {self.period} v{self.version}"


class Certificate(models.Model):
    """表库相符: a report counted twice, and whether both came to the same. Append only; holds opaque ids, no names.

    `key` names everything the answer depends on (seals, the ledger's mark, rules), so that the same question is
    answered once. `statement`: canonical JSON with every number; mac and signature as of a seal.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=64, unique=True)
    programme = models.CharField(max_length=40)
    table = models.CharField(max_length=40)
    division = models.CharField(max_length=12, db_collation="C")
    as_of = models.DateField()
    known = models.CharField(max_length=4)  # then, now
    period = models.CharField(max_length=10, default="")  # of the seal, if it rests on one
    cells = models.IntegerField()
    holds = models.BooleanField()
    differences = models.JSONField(default=list)
    statement = models.TextField()
    digest = models.BinaryField(max_length=32)
    mac = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.programme}/{self.table} {self.division} {self.as_of}"


class RuleVersion(models.Model):
    """A county's own rule for an indicator, or its own value of a threshold, from a day on; needs a second person.

    `text` empty: back to the notice's own (version 0). effect: what the proposer was shown (indicator -> before, after,
    enter, leave). No person in it, hence no row-level security; a rule may not name anybody (`proposing`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    county = models.CharField(max_length=6, db_collation="C")
    programme = models.CharField(max_length=40)
    indicator = models.CharField(max_length=60, default="", blank=True)  # one of the two
    parameter = models.CharField(max_length=60, default="", blank=True)
    number = models.PositiveSmallIntegerField()
    text = models.TextField(default="", blank=True)
    valid_from = models.DateField()
    state = models.CharField(max_length=10, choices=[(one.value, name) for one, name in NAMES.items()])
    reason = models.CharField(max_length=300)
    effect = models.JSONField(default=dict)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["programme", "county", "state"], name="version_in_force")]
        constraints = [
            models.UniqueConstraint(
                fields=["county", "programme", "indicator", "parameter", "number"], name="one_version_per_number"
            ),
            models.UniqueConstraint(
                fields=["county", "programme", "indicator", "parameter"],
                condition=Q(state=State.PROPOSED.value),
                name="one_open_proposal",
            ),
            models.CheckConstraint(
                condition=Q(indicator="") & ~Q(parameter="") | ~Q(indicator="") & Q(parameter=""),
                name="version_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(state=State.WITHDRAWN.value) | Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="version_four_eyes",
            ),
        ]

    @property
    def target(self) -> str:
        """“已转移就业人数”, or 参数“县外收入”."""
        if self.parameter:
            return f"参数“{self.parameter}”"
        programme = catalogue.load().programmes.get(self.programme)
        one = programme.indicators.get(self.indicator) if programme else None
        return f"“{one.name if one else self.indicator}”"


class TypedCell(models.Model):
    """A cell of a table that an officer filled in, of a month. Rows are only added: the newest of a cell counts, and of
    a sealed month the newest written by the seal's moment. Neither value nor text: emptied again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.CharField(max_length=40)
    table = models.CharField(max_length=40)
    column = models.CharField(max_length=60)  # as `layout.column_id` names it
    month = models.CharField(max_length=7)  # 2017-08
    division = models.CharField(max_length=12, db_collation="C")
    value = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    text = models.CharField(max_length=200, default="", blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())  # the database's clock, by which seals are dated too

    class Meta:
        indexes = [models.Index(fields=["programme", "table", "month", "division"], name="typed_cells_of_month")]
        constraints = [
            models.CheckConstraint(name="typed_not_negative", condition=Q(value=None) | Q(value__gte=0)),
            models.CheckConstraint(name="typed_number_or_text", condition=Q(value=None) | Q(text="")),
            models.CheckConstraint(name="typed_of_a_month", condition=Q(month__regex=r"^[0-9]{4}-(0[1-9]|1[0-2])$")),
        ]

    def __str__(self) -> str:
        return f"{self.programme}/{self.table} {self.division} {self.month} {self.column}"
