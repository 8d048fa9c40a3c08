"""Engines for this room's tests."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

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

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def language_page() -> Iterator[Any]:
    """A page of Chromium in which `language` is the module browser/rules.js."""
    from taizhang.engine.tests.browser import shared_playwright

    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.evaluate(
            "source => import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})))"
            ".then(module => { window.language = module; })",
            BROWSER.read_text(encoding="utf-8"),
        )
        yield page
        browser.close()
