"""Uploads, behind the second wall, and remembered columns."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taizhang.engine.ids
from taizhang.engine.roles import protect


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("engine", "0002_progress"),
        ("ledger", "0003_flat_row"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ColumnChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("programme", models.CharField(max_length=40)),
                ("header", models.CharField(max_length=200)),
                ("column", models.CharField(blank=True, max_length=80)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "programme", "header"), name="one_choice_per_header")
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=taizhang.engine.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("division", models.CharField(db_collation="C", max_length=12)),
                ("programme", models.CharField(max_length=40)),
                ("form_version", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("size", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "正在读取"),
                            ("columns", "待对列"),
                            ("checking", "正在检查"),
                            ("checked", "待提交"),
                            ("submitted", "已提交"),
                            ("refused", "没有读成"),
                            ("discarded", "已作废"),
                        ],
                        default="uploaded",
                        max_length=12,
                    ),
                ),
                ("refusal", models.CharField(default="", max_length=40)),
                ("message", models.CharField(default="", max_length=500)),
                ("collected_on", models.DateField()),
                ("layout", models.JSONField(default=dict)),
                ("template", models.JSONField(default=dict)),
                ("rows", models.IntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("problems", models.IntegerField(default=0)),
                ("seconds", models.FloatField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("submitted_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="ledger.batch"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "progress",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="engine.progress"
                    ),
                ),
                (
                    "same_as",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="intake.upload"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["owner", "-id"], name="upload_of_owner"),
                    models.Index(fields=["digest"], name="upload_digest"),
                ],
            },
        ),
        protect("intake_upload"),
    ]
