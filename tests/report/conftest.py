"""Pages in a real Chromium; and ``made_run``, which the tests of results have, and ``drawn`` can be imported."""

import shutil
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from servers.processes import absent

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "results")]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    """Start Debian's Chromium once; without it the test is skipped, or fails where CI must have it."""
    path = shutil.which("chromium")
    if path is None:
        absent("no chromium on the PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens a report, and afterwards see that it said nothing and asked for nothing."""
    opened, told = [], []

    def open_report(data, width=1280, scheme="light"):
        path = tmp_path / f"report-{len(opened)}.html"
        path.write_bytes(data)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda message: told.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: told.append(f"error: {error}"))
        page.on("dialog", lambda dialog: told.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: told.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-drawn]", state="attached")
        opened.append(context)
        return page

    yield open_report
    for context in opened:
        context.close()
    assert [one for one in told if not one.startswith("data:")] == []
