"""The tests' own servers: what happens where one can't be started."""

import sys
from pathlib import Path

import pytest
from servers.processes import NotStartedError, absent, free_ports, running


@pytest.mark.parametrize(("must", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_server_that_is_absent_fails_where_it_must_run_and_is_skipped_by_name_elsewhere(
    must: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI must not pass for lack of a server; a laptop says which kind was not tested, and why."""
    monkeypatch.setenv("TUNEJOB_TESTS_MUST_RUN", must)
    with pytest.raises(outcome, match="Azure: npm is not installed"):
        absent("Azure: npm is not installed")


def test_a_server_that_dies_says_its_last_words(tmp_path: Path) -> None:
    """The reason for a failure or a skip is the server's own."""
    command = [sys.executable, "-c", "raise SystemExit('port is taken')"]
    with (
        pytest.raises(NotStartedError, match="port is taken"),
        running(command, tmp_path / "log", f"http://127.0.0.1:{free_ports(1)[0]}/"),
    ):
        pytest.fail("it can't have started")
