"""What a store warns of reaches whoever follows the controller."""

import logging

from job.cli import store_warnings
from job.store import objects


def test_an_outage_is_told_once_and_other_logs_are_not():
    """One warning of many; after its time another one, and what is logged afterwards is nobody's."""
    said = []
    with store_warnings.told(said.append):
        for turn in range(3):
            objects.log.warning("store s3://b: reading %d: no answer", turn)
        objects.log.info("all is well")
        logging.getLogger("job.data").warning("something else")
    objects.log.warning("too late")
    assert said == ["store s3://b: reading 0: no answer"]


def test_an_outage_that_lasts_is_told_again(monkeypatch):
    """So that the last word is not an old one."""
    monkeypatch.setattr(store_warnings, "EVERY", 0.0)
    said = []
    with store_warnings.told(said.append):
        objects.log.warning("one")
        objects.log.warning("two")
    assert said == ["one", "two"]
