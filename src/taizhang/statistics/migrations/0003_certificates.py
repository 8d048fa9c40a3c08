"""Certificates that a report's numbers are the ledger's."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taizhang.engine.ids
from taizhang.engine.roles import append_only, protect


class Migration(migrations.Migration):
    dependencies = [("statistics", "0002_seals"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=taizhang.engine.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True)),
                ("programme", models.CharField(max_length=40)),
                ("table", models.CharField(max_length=40)),
                ("division", models.CharField(db_collation="C", max_length=12)),
                ("as_of", models.DateField()),
                ("known", models.CharField(max_length=4)),
                ("period", models.CharField(default="", max_length=10)),
                ("cells", models.IntegerField()),
                ("holds", models.BooleanField()),
                ("differences", models.JSONField(default=list)),
                ("statement", models.TextField()),
                ("digest", models.BinaryField(max_length=32)),
                ("mac", models.BinaryField(max_length=32)),
                ("signature", models.BinaryField(max_length=64)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        protect("statistics_certificate"),
        append_only("statistics_certificate"),
    ]
