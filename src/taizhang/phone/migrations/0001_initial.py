"""Phones, what they hold, what they brought, and the pictures that came with it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taizhang.engine.ids
from taizhang.engine.roles import protect

# Whether a record was taken in, wherever its person lives now. It tells nothing else.
KNOWN = f"""
CREATE FUNCTION tz_receipt_known(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
  AS $$ SELECT EXISTS (SELECT 1 FROM phone_receipt WHERE uuid = wanted) $$;
REVOKE ALL ON FUNCTION tz_receipt_known(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tz_receipt_known(uuid) TO {settings.APP_ROLE};
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("engine", "0001_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=taizhang.engine.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("token_hash", models.BinaryField(unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("skew_seconds", models.IntegerField(default=0)),
                ("pull", models.PositiveIntegerField(default=0)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("division", models.CharField(db_collation="C", max_length=12)),
                ("record", models.UUIDField(db_index=True)),
                ("kind", models.CharField(choices=[("photo", "照片"), ("signature", "签名")], max_length=10)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "device",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="phone.device"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Holding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("worker_id", models.UUIDField()),
                ("stamp", models.CharField(default="", max_length=32)),
                ("sent", models.CharField(max_length=32)),
                ("pull", models.PositiveIntegerField()),
                (
                    "device",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="phone.device"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("device", "worker_id"), name="one_holding_per_person")],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("uuid", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("unchanged", "无变化"),
                            ("edit", "修改"),
                            ("new", "新增"),
                            ("attempt", "联系记录"),
                            ("stop", "停用"),
                        ],
                        max_length=10,
                    ),
                ),
                ("division", models.CharField(db_collation="C", max_length=12)),
                ("worker_id", models.UUIDField(null=True)),
                ("device_at", models.DateTimeField()),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(auto_now_add=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("accepted", "已收到"),
                            ("same", "和台账一样"),
                            ("conflict", "两边都改过"),
                            ("refused", "没有收"),
                        ],
                        max_length=10,
                    ),
                ),
                ("message", models.CharField(default="", max_length=300)),
                ("findings", models.JSONField(default=list)),
                ("submission_id", models.UUIDField(null=True)),
                ("settled_by", models.UUIDField(null=True)),
                (
                    "device",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="phone.device"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["device", "worker_id", "seq"], name="receipt_by_person"),
                    models.Index(
                        condition=models.Q(("submission_id__isnull", False)),
                        fields=["submission_id"],
                        name="receipt_by_paper",
                    ),
                ],
            },
        ),
        protect("phone_receipt"),
        protect("phone_evidence"),
        migrations.RunSQL(KNOWN, "DROP FUNCTION tz_receipt_known"),
    ]
