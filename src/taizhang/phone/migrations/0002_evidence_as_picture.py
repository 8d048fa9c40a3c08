"""A phone's picture is one of a person's pictures, beside scans of papers."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collecting", "0006_sheets_and_pictures"),
        ("phone", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="picture",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collecting.picture"
            ),
        ),
    ]
