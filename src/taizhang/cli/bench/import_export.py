"""The same rows once through django-import-export and once through us, in one process: prints both and their ratio as JSON.

Both ways are the ones their users go: a check whose result is shown, then the import. Theirs is the package's `import_data` as its
admin pages call it, first as a dry run (one pass alone is printed too); ours is check, submission and approval. The checks are equal:
required cells, labels and place names to codes (an unknown word is refused), dates, numbers, the ID number's check digit, date and sex,
doubles in the file, and the form's own rules (R002) in plain Python.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from taizhang.cli import run as processes


def main() -> None:
    path = Path(sys.argv[1])
    processes.set_up()
    checked, imported = _theirs(path)
    ours = _ours(path)
    print(json.dumps({
        "django_import_export_seconds": round(checked + imported, 2), "django_import_export_one_pass_seconds": round(imported, 2),
        "same_rows_seconds": round(ours, 2), "ratio_to_django_import_export": round((checked + imported) / ours, 1),
    }))  # fmt: skip


def _ours(path: Path) -> float:
    """From the file to the committed ledger, review included."""
    from taizhang.accounts.acting import acting_as
    from taizhang.accounts.models import User
    from taizhang.intake import actions, service
    from taizhang.review import actions as review

    importer, reviewer = User.objects.get(username="county"), User.objects.get(username="county2")
    started = time.perf_counter()
    with acting_as(importer):
        upload = service.check_file(actor=importer, path=path, form="shanxi-2022")
        actions.submit(actor=importer, upload_id=upload.pk)
    with acting_as(reviewer):
        assert upload.batch is not None
        entered = review.approve(actor=reviewer, batch=upload.batch).entered
    seconds = time.perf_counter() - started
    assert entered == upload.rows, (entered, upload.counts)
    return seconds


def _theirs(path: Path) -> tuple[float, float]:
    """Into one table with the same columns. Seconds of the dry run and of the import, each with the file read anew, as over two requests."""
    import tablib
    from django.conf import settings
    from django.db import connection, models
    from import_export import resources
    from import_export.results import RowResult
    from python_calamine import CalamineWorkbook

    from taizhang import catalogue

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "import_export"]
    settings.IMPORT_EXPORT_USE_TRANSACTIONS = True
    loaded = catalogue.load()
    form = loaded.forms["shanxi-2022"]
    columns = {column.label: column for column in loaded.columns(form)}

    class Person(models.Model):
        id_number = models.CharField(max_length=18, primary_key=True)

        class Meta:
            app_label = "engine"
            db_table = "bench_person"

        def clean(self) -> None:
            _check(self)

    kinds: dict[str, Callable[[], models.Field[Any, Any]]] = {
        "dec": lambda: models.DecimalField(null=True, blank=True, max_digits=12, decimal_places=2),
        "date": lambda: models.DateField(null=True, blank=True),
    }
    for column in columns.values():
        if column.id != "id_number":
            kind = loaded.items[column.item].kind
            Person.add_to_class(
                column.id.replace(".", "_"), kinds.get(kind, lambda: models.TextField(null=True, blank=True))()
            )
    with processes.as_owner(), connection.schema_editor() as editor:
        editor.create_model(Person)
    words = {column.id: _codes(loaded, form, column) for column in columns.values()}
    required = {item for item, field in form.items.items() if field.required is True and field.shown is None}

    class PersonResource(resources.ModelResource):  # type: ignore[misc]  # the package has no types
        class Meta:
            model = Person
            import_id_fields = ("id_number",)
            clean_model_instances = True

        def before_import(self, dataset: Any, **kwargs: Any) -> None:
            self.seen: set[str] = set()

        def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
            if row["id_number"] in self.seen:
                raise ValueError("文件内重复")
            self.seen.add(row["id_number"])
            for column in columns.values():
                field = column.id.replace(".", "_")
                value = row.get(field)
                if not value and column.item in required:
                    raise ValueError(column.label)
                known = words[column.id]
                if value and known:
                    if value not in known and loaded.items[column.item].kind != "region":
                        raise ValueError(f"{column.label}：{value}")
                    value = known.get(value, value)  # a place written in a way of its own stays as written
                row[field] = value or None

    def once(dry_run: bool) -> float:
        started = time.perf_counter()
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        dataset = tablib.Dataset(*rows[1:], headers=[columns[str(label)].id.replace(".", "_") for label in rows[0]])
        result = PersonResource().import_data(dataset, dry_run=dry_run, raise_errors=True)
        seconds = time.perf_counter() - started
        assert result.totals[RowResult.IMPORT_TYPE_NEW] == len(rows) - 1, result.totals
        return seconds

    return once(dry_run=True), once(dry_run=False)


def _codes(loaded: Any, form: Any, column: Any) -> dict[str, str]:
    """Wording -> code of a coded column; names -> code of a place column; empty for the rest."""
    from taizhang.divisions import loading

    item = loaded.items[column.item]
    if item.kind == "region":
        units = loading.shipped()
        return dict(
            zip(units["name" if column.level else "full_name"].to_pylist(), units["code"].to_pylist(), strict=True)
        )
    return (
        {option.label: option.codes[0] for option in loaded.options(form, column.item)}
        if item.list or item.kind == "bool"
        else {}
    )


def _check(person: Any) -> None:
    """What the form's own checks say about one row. Codes are the catalogue's; places may be names."""
    from django.core.exceptions import ValidationError

    number, today = person.id_number, dt.date.today()
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    if (
        len(number) != 18
        or "10X98765432"[sum(int(d) * w for d, w in zip(number, weights, strict=False)) % 11] != number[17]
    ):
        raise ValidationError("证件号码校验位不对")
    birth = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    if today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day)) < 16:
        raise ValidationError("不满 16 周岁")
    if person.sex != ("1" if int(number[16]) % 2 else "2"):
        raise ValidationError("性别与证件号码不符")
    if len(person.mobile_phone) != 11 or not person.mobile_phone.isdigit() or person.mobile_phone[0] != "1":
        raise ValidationError("联系电话")
    if person.labour_ability in ("4", "5") or person.hukou_nature in ("2", "4"):
        raise ValidationError("不在采集范围")
    for wish, wanted in (
        (person.wants_training, (person.training_trade_wanted,)),
        (person.wants_job, (person.wanted_industry, person.wanted_wage, person.wanted_region)),
        (person.employment_status in ("1", "2"), (person.industry, person.employment_form, person.start_date, person.monthly_wage)),
    ):  # fmt: skip
        if wish in ("true", True) and None in wanted:
            raise ValidationError("缺少必填项")
    if person.start_date is not None and person.start_date > today:
        raise ValidationError("就业时间晚于今天")
    if person.monthly_wage is not None and not 200 <= person.monthly_wage <= 50_000:
        raise ValidationError("月收入请核对")


if __name__ == "__main__":
    main()
