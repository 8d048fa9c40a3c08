"""Prints people of an installation to ask for, as JSON: the questions of the page bench. Only ever of synthetic people."""

from __future__ import annotations

import json
import sys

from taizhang.cli import run as processes


def main() -> None:
    processes.set_up()
    from django.db import connection

    from taizhang.protection import keys

    with processes.as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, full_name, name_initials, id_token, id_sealed FROM ledger_worker ORDER BY md5(id::text) LIMIT %s",
            [int(sys.argv[1])],
        )
        rows = cursor.fetchall()
    numbers = keys.unseal_many("id_number", [bytes(row[4]) for row in rows], [bytes(row[3]) for row in rows])
    print(
        json.dumps(
            [
                {"id": row[0], "name": row[1], "initials": row[2], "number": number}
                for row, number in zip(rows, numbers, strict=True)
            ]
        )
    )


if __name__ == "__main__":
    main()
