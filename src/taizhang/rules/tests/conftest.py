"""Engines for this room's tests."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from taizhang.engine.tests.browser import ARGUMENTS, CHROMIUM, shared_playwright

from .engines import BROWSER

# More examples, and other ones each time: TAIZHANG_HYPOTHESIS=300.
EXAMPLES = os.environ.get("TAIZHANG_HYPOTHESIS")
settings.register_profile(
    "rules",
    max_examples=int(EXAMPLES or 6),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("rules")


@pytest.fixture(scope="session")
def language_page() -> Iterator[Any]:
    """A page of Chromium in which `language` holds what browser/rules.js and explain.js offer."""
    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.evaluate(
            "async ([rules, explain]) => {"
            " const address = (source) => URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));"
            " const language = address(rules);"
            " const words = await import(address(explain.replace('./rules.js', language)));"
            " window.language = {...await import(language), ...words}; }",
            [(BROWSER / name).read_text(encoding="utf-8") for name in ("rules.js", "explain.js")],
        )
        yield page
        browser.close()
