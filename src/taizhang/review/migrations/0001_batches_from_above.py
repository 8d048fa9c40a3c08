"""Those who review a township's rows may read the batch they came in, also when the county brought it.

A batch says who, when and how, and holds nobody's data.

Reading only: the batch itself is still changed inside its own division (policy `scope`).
"""

from django.conf import settings
from django.db import migrations

POLICY = f"""
CREATE POLICY from_above ON ledger_batch FOR SELECT TO {settings.APP_ROLE}
  USING (EXISTS (SELECT 1 FROM unnest((SELECT tz_scopes())::text[]) scope WHERE scope ^@ division));
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_walls")]
    operations = [migrations.RunSQL(POLICY, "DROP POLICY from_above ON ledger_batch")]
