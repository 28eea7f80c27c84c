"""The command from a laptop without credentials for the store: submit, follow, leave, resume, look, end."""

import signal

import pytest
from cluster import studies
from cluster.bodies import condition


@pytest.fixture
def study(stubbed):
    """Alice's small study, whose shards wait until the test lets them go on."""
    stubbed.hold()
    return studies.write(stubbed.folder / "study", cluster={"parallelism": 2, "deadline": "1h"})


def _controller(site):
    (found,) = site.api.items("jobs", site.namespace, labelSelector="app.kubernetes.io/component%3Dcontroller")
    return found


def test_a_run_is_left_followed_again_and_shown(stubbed, study):
    """Ctrl-C leaves it running; submitting it again follows it; once complete, it is shown with its best trials."""
    left = stubbed.begin("submit", study)
    stubbed.held(2)
    left.send_signal(signal.SIGINT)
    _, said = left.communicate(timeout=60)
    assert (left.returncode, "the run continues without you" in said) == (130, True)
    again = stubbed.begin("submit", study)
    stubbed.until(lambda: "following it" in again.stderr.readline(), "it follows")
    stubbed.release()
    shown, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert "best by accuracy" in shown
    once_more = stubbed.tunejob("submit", study)
    assert (once_more.returncode, once_more.stdout) == (0, shown)
    assert "is complete; to run it anew, cancel it first" in once_more.stderr
    assert len(stubbed.jobs("shards")) == 1


def test_a_run_that_ended_too_soon_is_submitted_again_and_resumed(stubbed, study):
    """Stopped by its deadline it is 75; the next submission replaces its Job and trains what is missing alone."""
    study.write_text(study.read_text().replace("deadline: 1h", "deadline: 5s"))
    first = stubbed.tunejob("submit", study)
    assert first.returncode == 75, first.stderr
    assert "reached its deadline" in first.stderr
    before = _controller(stubbed)["metadata"]["uid"]
    stubbed.release()
    second = stubbed.tunejob("submit", study)
    assert second.returncode == 0, second.stderr
    assert "had ended early; submitted it again" in second.stderr
    assert _controller(stubbed)["metadata"]["uid"] != before
    assert len(stubbed.results("tiny")) == 8


def test_another_laptop_sees_throttles_and_cancels_a_run(stubbed, study, plane):
    """By the study's name alone: status, logs, throttle, results, cancel; and then no pod is left."""
    api, namespace = stubbed.api, stubbed.namespace
    submitted = stubbed.begin("submit", study)
    stubbed.held(2)
    run = stubbed.run_of("tiny").run
    stubbed.until(lambda: f"tiny/{run}" in stubbed.tunejob("status", "tiny").stdout, "status knows the run's name")
    status = stubbed.tunejob("status", "tiny")
    assert status.returncode == 0, status.stderr
    assert "is running" in status.stdout
    assert f"launched the Job {run}-1 of 2 shards" in stubbed.tunejob("logs", run).stdout
    throttled = stubbed.tunejob("throttle", "1", f"tiny/{run}")
    assert f"the Job {run}-1 takes 1 at once from now on (before: 2)" in throttled.stdout
    api.until("jobs", namespace, f"{run}-1", lambda found: found["status"].get("active") == 1)
    assert "there is no verdict yet" in stubbed.tunejob("results", "tiny").stdout
    cancelled = stubbed.tunejob("cancel", "tiny")
    assert cancelled.returncode == 0, cancelled.stderr
    assert f"cancelled {run}" in cancelled.stdout
    assert api.items("pods", namespace, labelSelector="app.kubernetes.io/name%3Dtunejob") == []
    assert api.items("jobs", namespace) == []
    _, said = submitted.communicate(timeout=60)
    assert (submitted.returncode, "was deleted. Submit again to resume" in said) == (75, True)


def test_a_run_that_nobody_watches_is_told_and_adopted(stubbed, study):
    """Its controller's Job ended and its workers go on: status says so, and submitting adopts them."""
    api, namespace = stubbed.api, stubbed.namespace
    first = stubbed.begin("submit", study)
    held = stubbed.held(2)
    name = _controller(stubbed)["metadata"]["name"]
    api.patch("jobs", namespace, name, {"spec": {"activeDeadlineSeconds": 1}})
    first.communicate(timeout=90)
    assert first.returncode == 75
    api.until("jobs", namespace, name, lambda found: condition(found, "Failed"))
    assert "nobody watches it" in stubbed.tunejob("status", "tiny").stdout
    second = stubbed.begin("submit", study)
    (live,) = stubbed.jobs("shards", live=True)
    job = live["metadata"]["name"]
    stubbed.until(lambda: f"adopted the Job {job}" in stubbed.tunejob("logs", "tiny").stdout, "it is adopted")
    assert {pod["metadata"]["name"] for pod in stubbed.pods("shards", "Running")} == set(held)
    stubbed.release()
    _, said = second.communicate(timeout=120)
    assert second.returncode == 0, said
    assert len(stubbed.results("tiny")) == 8


def test_results_are_seen_without_credentials_and_events_tell_the_story(stubbed, study, plane):
    """The verdict, the best trials and where the files lie; and for kubectl describe, what happened."""
    stubbed.release()
    done = stubbed.tunejob("submit", study)
    assert done.returncode == 0, done.stderr
    results = stubbed.tunejob("results", "tiny")
    assert results.returncode == 0, results.stderr
    assert f"files (report.html, cv_results.csv, best.json, model.keras) are in {stubbed.store}/tiny" in results.stdout
    best = stubbed.table("tiny")
    first = min(best, key=lambda row: int(row["rank_test_score"]))
    assert f"learning_rate={first['param_learning_rate']}" in results.stdout.split("  1. ")[1].splitlines()[0]
    name = _controller(stubbed)["metadata"]["name"]
    described = plane.kubectl("describe", "job", name, "-n", stubbed.namespace).stdout
    for reason in ("Planned", "Launched", "Verdict"):
        assert reason in described
    (pod,) = stubbed.api.items("pods", stubbed.namespace, labelSelector=f"batch.kubernetes.io/job-name%3D{name}")
    message = pod["status"]["containerStatuses"][0]["state"]["terminated"]["message"]
    assert "best by accuracy" in message
