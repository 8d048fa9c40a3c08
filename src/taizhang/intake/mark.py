"""The mark a template carries on its hidden sheet: which form, which version, for which place; signed so that it cannot be made up."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

SHEET = "_taizhang"  # very hidden; the name is how a workbook is known to be ours
SALT = "taizhang.intake.template"
FIELDS = ("form", "version", "division", "made_at", "salt")


@dataclass(frozen=True)
class Mark:
    """What the hidden sheet says. `salt` ties the people of a prefilled template to this one download."""

    form: str
    version: str
    division: str = ""
    made_at: str = field(default_factory=lambda: timezone.now().isoformat(timespec="seconds"))
    salt: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def signature(self) -> str:
        return salted_hmac(SALT, "\n".join(asdict(self)[name] for name in FIELDS), algorithm="sha256").hexdigest()

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    def rows(self) -> list[tuple[str, str]]:
        """Key and value, as the hidden sheet lists them."""
        return [*((name, asdict(self)[name]) for name in FIELDS), ("signature", self.signature)]


def read_mark(cells: Mapping[str, str]) -> Mark | None:
    """The mark, or None where the sheet is absent, incomplete or its signature is not ours."""
    if not all(isinstance(cells.get(name), str) for name in (*FIELDS, "signature")):
        return None
    mark = Mark(**{name: cells[name] for name in FIELDS})
    return mark if constant_time_compare(mark.signature, cells["signature"]) else None


def row_key(mark: Mark, worker: str, version: str) -> str:
    """Signature over one prefilled person and the version shown, so that a copied or altered key is noticed."""
    return salted_hmac(SALT + ".row", f"{mark.salt}\n{worker}\n{version}", algorithm="sha256").hexdigest()[:16]
