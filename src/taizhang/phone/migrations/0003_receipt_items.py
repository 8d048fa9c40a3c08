"""Which items an edit changes, and where something else stood by then."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("phone", "0002_evidence_as_picture")]

    operations = [
        migrations.AddField("receipt", "items", ArrayField(models.CharField(max_length=60), default=list)),
        migrations.AddField("receipt", "contested", ArrayField(models.CharField(max_length=60), default=list)),
    ]
