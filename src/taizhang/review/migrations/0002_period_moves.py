"""Where each unit's period stands. Who works below a unit may read where the unit stands."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taizhang.engine.ids
from taizhang.engine.roles import append_only, protect

STAGES = [
    ("draft", "草稿"), ("checked", "校核"), ("reported", "上报"), ("sealed", "锁定"), ("correcting", "更正"),
]  # fmt: skip
FROM_BELOW = f"""
CREATE POLICY from_below ON review_periodmove FOR SELECT TO {settings.APP_ROLE}
  USING (EXISTS (SELECT 1 FROM unnest((SELECT tz_scopes())::text[]) scope WHERE scope ^@ division));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0001_batches_from_above"),
        ("engine", "0001_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="PeriodMove",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=taizhang.engine.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("programme", models.CharField(max_length=40)),
                ("division", models.CharField(db_collation="C", max_length=12)),
                ("period", models.CharField(max_length=10)),
                ("number", models.PositiveIntegerField()),
                ("verb", models.CharField(max_length=10)),
                ("source", models.CharField(choices=STAGES, max_length=12)),
                ("target", models.CharField(choices=STAGES, max_length=12)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("reason", models.CharField(default="", max_length=500)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("programme", "period", "division", "number"), name="one_step_at_a_time"
                    )
                ],
            },
        ),
        protect("review_periodmove"),
        append_only("review_periodmove"),
        migrations.RunSQL(FROM_BELOW, "DROP POLICY from_below ON review_periodmove"),
    ]
