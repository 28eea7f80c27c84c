"""A large run through the real Job controller, its requests counted by the API server's own audit log."""

import json

import pytest
from cluster import studies

SHARDS = 400
SPACE = {"units": list(range(1, 101)), "learning_rate": {"linspace": [0.001, 0.1, 100]}}


@pytest.mark.timeout(1200)
def test_ten_thousand_trials_in_400_shards_ask_little_of_the_api(stubbed, plane, capsys):
    """At most 3 requests per shard by submit and the controller together, and none by workers."""
    facts = stubbed.gate / "prepared" / "prepare.json"
    found = json.loads(facts.read_text())
    found["fit_time"]["seconds"] = 60.0  # so long that starting pods does not count, on whatever machine
    facts.write_text(json.dumps(found))
    study = studies.write(stubbed.folder / "study", name="large", space=SPACE, cluster={"parallelism": SHARDS // 4})
    mark = plane.audit.now()
    done = stubbed.tunejob("submit", study)
    assert done.returncode == 0, done.stderr
    asked = plane.audit.requests(mark, namespace=stubbed.namespace)
    ours = [one for one in asked if "tunejob" in one.get("userAgent", "")]
    workers = [one for one in asked if one["user"]["username"].endswith(":tunejob-worker")]
    with capsys.disabled():
        told = f"{len(ours)} requests of ours for {SHARDS} shards, {len(workers)} by workers"
        print(f"\n{told}")  # noqa: T201
    assert json.loads(stubbed.opened().read(stubbed.run_of("large").plan))["shards"] == SHARDS
    assert len(stubbed.results("large")) == 20_000
    assert len(stubbed.table("large")) == 10_000
    assert len(ours) <= 3 * SHARDS
    assert workers == []
    assert {one["user"]["username"] for one in ours} == {
        stubbed.alice.name, f"system:serviceaccount:{stubbed.namespace}:tunejob-controller"
    }  # fmt: skip
