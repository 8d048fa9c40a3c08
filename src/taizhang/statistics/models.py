"""What tells a snapshot that the ledger has moved on."""

from django.db import models


class Touch(models.Model):
    """A statement that wrote about people of a county; the county's mark is the sum of the weights, which are random.

    Random, so that a database restored from a backup and written to again does not come to an old mark. Rows are
    only added (no write waits
    for another's) and now and then added up into one, which leaves the sum as it is. Triggers on the ledger's tables
    write them, so that no
    way of writing is forgotten. No person in it, hence no row-level security.
    """

    county = models.CharField(max_length=6, db_collation="C")
    weight = models.DecimalField(max_digits=30, decimal_places=0)

    class Meta:
        indexes = [models.Index(fields=["county"], name="touch_county")]
