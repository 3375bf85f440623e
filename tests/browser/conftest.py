"""A real JupyterLab and a real browser, one of each for all tests of this folder.

Without Chromium or Chrome the tests are skipped and say how to get one; where the
environment variable `CI` is set, that is a failure.
"""

import os

from tests.browser.lab import HOW, find_browser, open_browser, serve_lessons

import pytest


def refuse(how=HOW):
    """Skips the test, or fails it where nobody would see that it was skipped."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(how)


@pytest.fixture(scope="session")
def browser():
    """Starts the browser."""
    if find_browser() is None:
        refuse()
    with open_browser() as started:
        yield started


@pytest.fixture(scope="session")
def lab(browser):
    """Starts JupyterLab, once it is known that there is a browser."""
    with serve_lessons() as started:
        yield started
