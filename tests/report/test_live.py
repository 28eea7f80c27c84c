"""The page of a run that goes on, served on loopback, in a real Chromium."""

import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
from made_run import MadeRun

from job.report import live
from job.results.runs import Run


@pytest.fixture
def run():
    """A run of which one trial is stored."""
    missing = frozenset((trial, fold) for trial in range(1, 6) for fold in range(2))
    scores = np.arange(12).reshape(6, 2) / 12
    made = MadeRun(
        [{"x": n} for n in range(6)], {"accuracy": scores, "f1": 1 - scores}, refit="accuracy", missing=missing
    )
    made.write_plan()
    return made


@pytest.fixture
def address(run, monkeypatch):
    """Where it is served; the store is looked at whenever someone asks."""
    monkeypatch.setattr(live, "_LOOK", 0.0)
    monkeypatch.setattr(live, "_PAUSE", 0.0)
    server = live.server(live.Live(Run(run.store, run.keys, run.plan), "tunejob run study.yaml"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield live.url(server)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_page_renews_itself_and_keeps_what_was_chosen(browser, run, address):
    """A trial that ends meanwhile appears without a hand's turn, and the metric chosen stays chosen."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("#ranking tbody tr[data-row='0']")
    assert page.locator("#ranking tbody tr").count() == 1
    page.select_option("#metric", "f1")
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    run.put("group1", [run.line(1, fold) for fold in range(2)])
    page.wait_for_selector("#ranking tbody tr[data-row='1']", timeout=20_000)
    assert page.evaluate("document.getElementById('metric').value") == "f1"
    assert page.inner_text("#live") == "live"
    page.close()


def test_only_this_machine_by_its_name_is_answered(address):
    """Another name that leads here, as a foreign page's might, gets nothing; other paths are not there."""
    assert address.startswith("http://127.0.0.1:")
    for path, host, code in (("", "evil.example", 421), ("study.yaml", "localhost", 404)):
        request = urllib.request.Request(address + path, headers={"Host": host})  # noqa: S310
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)  # noqa: S310
        assert refused.value.code == code
        refused.value.close()
