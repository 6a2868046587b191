"""Options of the test run."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add where the pictures of the page are to be kept."""
    parser.addoption("--screenshots", metavar="DIR", help="keep the pictures of the page here")
