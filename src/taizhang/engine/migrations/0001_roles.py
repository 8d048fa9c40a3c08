from django.db import migrations

from taizhang.engine.roles import functions


class Migration(migrations.Migration):
    """Before every table: the role and default privileges the later ones rely on."""

    initial = True
    run_before = [("contenttypes", "0001_initial")]
    operations = [functions()]
