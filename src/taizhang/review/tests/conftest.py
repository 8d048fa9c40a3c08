import pytest

from taizhang.accounts.tests import people as cast


@pytest.fixture
def divisions(db: None) -> None:
    """牟定县 and 古丈县."""
    cast.load_divisions()
