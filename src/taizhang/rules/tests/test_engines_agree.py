"""Whatever rule and whatever row: DuckDB, PostgreSQL, Python and Chromium give one answer, and none of them fails.

TAIZHANG_HYPOTHESIS=300 runs that many examples, and not the same ones each time.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.rules import parse

from .cast import AS_OF, VOCABULARY
from .engines import Case, by_browser, by_duckdb, by_postgres, by_python, earlier
from .random_rules import PARAMS, rows, rules

BATCHES = st.tuples(st.lists(rules(), min_size=20, max_size=40), st.lists(rows(), min_size=8, max_size=20))


def combine(texts: list[str], people: list[dict[str, Any]]) -> list[Case]:
    checked = [parse(text, VOCABULARY) for text in texts]
    return [(rule, row, {**AS_OF, **PARAMS}) for rule in checked for row in people]


def differences(cases: list[Case], **answers: list[Any]) -> list[str]:
    names = list(answers)
    return [
        f"{rule.text} | {row} -> {dict(zip(names, found, strict=True))}"
        for (rule, row, _), *found in zip(cases, *answers.values(), strict=True)
        if any((value, type(value)) != (found[0], type(found[0])) for value in found)
    ]


@pytest.mark.browser
@given(batch=BATCHES)
def test_all_engines_agree_on_random_rules_and_rows(
    postgres_url: str, language_page: Any, batch: tuple[list[str], list[dict[str, Any]]]
) -> None:
    cases = combine(*batch)
    wrong = differences(
        cases,
        duckdb=by_duckdb(cases),
        postgres=by_postgres(cases, postgres_url),
        python=by_python(cases),
        chromium=by_browser(cases, language_page),
    )
    assert not wrong, "\n".join(wrong[:10])


@pytest.mark.browser
@given(batch=BATCHES)
def test_page_and_server_explain_random_rules_alike(
    language_page: Any, batch: tuple[list[str], list[dict[str, Any]]]
) -> None:
    cases = combine(batch[0][:15], batch[1][:8])
    told = [rule.explain(row, params, earlier(row)) for rule, row, params in cases]
    server = [[[part.text, part.value, list(part.items)] for part in explanation.parts] for explanation in told]
    browser = [
        [[part["text"], part["value"], part["items"]] for part in found["parts"]]
        for found in by_browser(cases, language_page, "explain")
    ]
    assert not differences(cases, server=server, browser=browser)
