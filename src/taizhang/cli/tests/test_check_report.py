"""`./taizhang check-report`: a file from outside, no server, no key."""

import argparse
import json

import pytest

from taizhang.cli import reports
from taizhang.protection import signing
from taizhang.statistics import attesting

SAID = {
    "format": attesting.FORMAT, "programme": "mouding-2017", "table": "C3", "title": "情况表", "division": "532323",
    "place": "牟定县", "as_of": "2017-08-20", "known": "then", "rows": [["532323", "合计"]], "columns": ["pool"],
    "cells": {"532323": {"pool": "22"}}, "seals": [], "unsealed": ["532323"],
}  # fmt: skip


@pytest.fixture
def report(tmp_path):
    def write(pool):
        content = {
            "rows": [{"division": "532323", "name": "合计"}],
            "cells": {"532323": {"pool": pool}},
            "proof": attesting.envelope(SAID),
        }
        path = tmp_path / "c3.json"
        path.write_text(json.dumps(content))
        return path

    return write


def check(file, capsys, **more):
    options = argparse.Namespace(
        **{"command": "check-report", "file": file, "public_key": None, "seal": None, "json": False} | more
    )
    status = reports.run(options)
    told = capsys.readouterr()
    return status, told.out + told.err


def test_an_untouched_report_is_told_so_with_the_fingerprint_to_compare(report, capsys):
    status, told = check(report(22), capsys)
    assert status == 0
    assert "文件里的数和签名时一样" in told
    assert signing.fingerprint(signing.public_key()) in told
    assert "没有封账的县：532323" in told


def test_a_changed_number_ends_with_one_and_names_it(report, capsys):
    status, told = check(report(23), capsys, public_key=signing.public_key().hex())
    assert status == 1
    assert "合计的“pool”：文件里是 23，签名时是 22。" in told


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"public_key": "abc"}, "64 位十六进制"),
        ({"public_key": "ab" * 30}, "64 位十六进制"),
        ({"file": "missing"}, "没有找到文件"),
    ],
)
def test_what_cannot_be_looked_at_ends_with_two(report, capsys, tmp_path, more, says):
    if "file" in more:
        more = {"file": tmp_path / "missing.xlsx"}
    file = more.pop("file", None) or report(22)
    status, told = check(file, capsys, **more)
    assert status == 2
    assert says in told.replace("\n", "")
