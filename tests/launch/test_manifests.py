"""The workers' Jobs as pure functions."""

import json

import pytest
from launch import schema

from job.errors import UsageError
from job.launch.cluster import manifests, names
from job.launch.cluster.manifests import Launch
from job.study.study import Cluster


def launch(owner, task="shards", **changes):
    """A launch of 12 shards."""
    given = {
        "name": "wine-0123456789-1",
        "task": task,
        "study": "wine",
        "run": "wine-0123456789",
        "arguments": [
            "--store",
            "s3://bucket/runs",
            "--study-name",
            "wine",
            "--run",
            "wine-0123456789",
            "--attempt",
            "1",
        ],
        "completions": 12,
        "parallelism": 4,
        "code": "tunejob-study-h7k2",
        "owner": owner,
    }
    return Launch(**(given | changes))


@pytest.mark.parametrize("overlay", ["cpu", "gpu"])
def test_the_whole_job_of_shards_is_as_it_was_reviewed(overlay, template, owner, golden):
    """A Job of shards, field by field, as it was once read and kept."""
    golden(f"shards-{overlay}", manifests.job(template(overlay), launch(owner), Cluster()))


@pytest.mark.parametrize(("parallelism", "completions", "fewest"), [(4, 12, "1"), (4, 1, None), (1, 12, None)])
def test_queued_shards_may_begin_with_fewer_pods_at_once(template, owner, parallelism, completions, fewest):
    """Kueue's partial admission, which Kueue refuses on Jobs of one pod; what was asked for is noted beside it."""
    wanted = launch(owner, parallelism=parallelism, completions=completions)
    noted = manifests.job(template("cpu", "kueue"), wanted, Cluster())["metadata"]["annotations"]
    assert noted.get("kueue.x-k8s.io/job-min-parallelism") == fewest
    assert noted[names.PARALLELISM] == str(min(parallelism, completions))
    assert "kueue" not in json.dumps(manifests.job(template("cpu"), wanted, Cluster())["metadata"])


@pytest.mark.parametrize("task", ["prepare", "refit"])
def test_single_workers_differ_in_what_they_do_alone(task, template, owner):
    """A Job that prepares or refits is the Job of shards but for names, labels, arguments and numbers."""
    one = launch(owner, task, name=f"wine-{task}", arguments=["--store", "s3://b"], completions=1)
    single, shards = (manifests.job(template(), each, Cluster()) for each in (one, launch(owner)))
    assert single["spec"]["completions"] == single["spec"]["parallelism"] == single["spec"]["maxFailedIndexes"] == 1
    assert single["metadata"]["labels"][names.TASK] == task
    for body in (single, shards):
        del body["metadata"]
        for field in ("completions", "parallelism", "maxFailedIndexes"):
            del body["spec"][field]
        del body["spec"]["template"]["metadata"]["labels"][names.TASK]
        del body["spec"]["template"]["spec"]["containers"][0]["args"]
    assert single == shards


def test_the_plan_decides_nothing_of_the_pod_but_arguments_code_and_stall(template, owner):
    """Whatever else the pod is, it is the PodTemplate's."""
    given = template("gpu")
    pod = manifests.job(given, launch(owner), Cluster(stall=60))["spec"]["template"]["spec"]
    pod["containers"][0].pop("args")
    pod["containers"][0]["env"] = [one for one in pod["containers"][0]["env"] if one["name"] != "TUNEJOB_STALL"]
    mounts = pod["containers"][0]["volumeMounts"]
    mounts.remove({"name": "study", "mountPath": "/study", "readOnly": True})
    pod["volumes"].remove({"name": "study", "configMap": {"name": "tunejob-study-h7k2"}})
    assert pod == given["template"]["spec"]


def test_the_template_is_not_changed(template, owner):
    """Building a Job twice from one template gives the same Job."""
    given = template()
    before = json.dumps(given)
    first = manifests.job(given, launch(owner), Cluster())
    assert json.dumps(given) == before
    assert manifests.job(given, launch(owner), Cluster()) == first


def test_settings_of_the_study_are_the_jobs(template, owner):
    """Image, deadline, ttl and stall come from the study's ``cluster``."""
    settings = Cluster(image="registry.example.com/trainer@sha256:0", deadline=3600, ttl=60, stall=30)
    spec = manifests.job(template(), launch(owner), settings)["spec"]
    worker = spec["template"]["spec"]["containers"][0]
    assert (spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (3600, 60)
    assert worker["image"] == "registry.example.com/trainer@sha256:0"
    assert {"name": "TUNEJOB_STALL", "value": "30"} in worker["env"]


def test_no_more_workers_than_shards(template, owner):
    """Parallelism never exceeds the number of shards."""
    assert manifests.job(template(), launch(owner, completions=3), Cluster())["spec"]["parallelism"] == 3


def test_kueue_gets_a_suspended_job_that_is_nobodys_child(template, owner):
    """With the kueue component the worker's Job has the queue's label, begins suspended, and no controller owner."""
    body = manifests.job(template("gpu", "kueue"), launch(owner), Cluster())
    assert body["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "tunejob"
    assert body["spec"]["suspend"] is True
    assert body["metadata"]["ownerReferences"][0]["controller"] is False
    assert manifests.job(template("gpu"), launch(owner), Cluster())["spec"]["suspend"] is False


@pytest.mark.parametrize("quantity", [1, "1"])
def test_quantities_may_be_numbers_or_text(quantity, template, owner):
    """What people write as a quantity reaches the API server as it was written."""
    given = json.loads(json.dumps(template("gpu")))
    given["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = quantity
    body = manifests.job(given, launch(owner), Cluster())
    limits = body["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits["nvidia.com/gpu"] == quantity
    assert type(limits["nvidia.com/gpu"]) is type(quantity)
    assert schema.mistakes(body) == []


def test_codes_that_end_the_job_are_those_that_stay_the_same_when_tried_again(template, owner):
    """Evictions and SIGTERM count for nothing, 64, 65 and 77 end the Job, all else is tried again."""
    rules = manifests.job(template(), launch(owner), Cluster())["spec"]["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["Ignore", "Ignore", "FailJob"]
    assert rules[0]["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert rules[1]["onExitCodes"]["values"] == [143]
    assert rules[2]["onExitCodes"]["values"] == [64, 65, 77]


def test_labels_find_the_job_and_its_pods(template, owner):
    """The Job and its pods carry the same labels of study, run and task."""
    body = manifests.job(template(), launch(owner), Cluster())
    wanted = names.labels("wine", "wine-0123456789", "shards")
    for labels in (body["metadata"]["labels"], body["spec"]["template"]["metadata"]["labels"]):
        assert wanted.items() <= labels.items()
        assert labels[names.COMPONENT] == "worker"


def test_annotations_of_kubectl_are_not_copied(template, owner):
    """What kubectl wrote on the PodTemplate for itself does not go to the Jobs; a team's own annotations do."""
    given = json.loads(json.dumps(template()))
    given["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "vision"}
    assert manifests.job(given, launch(owner), Cluster())["metadata"]["annotations"] == {"team": "vision"}


def test_a_sidecar_may_stand_beside_the_worker(template, owner):
    """The container named worker gets the arguments, wherever it stands among others."""
    given = json.loads(json.dumps(template()))
    given["template"]["spec"]["containers"].insert(0, {"name": "proxy", "image": "proxy:1"})
    first, second = manifests.job(given, launch(owner), Cluster())["spec"]["template"]["spec"]["containers"]
    assert "args" not in first
    assert second["args"][0] == "work"


def test_a_template_without_a_worker_is_refused(template, owner):
    """The error names the containers there are and the one there must be."""
    given = json.loads(json.dumps(template()))
    given["template"]["spec"]["containers"][0]["name"] = "main"
    with pytest.raises(UsageError, match=r"no container named 'worker' \(its containers: 'main'\)"):
        manifests.job(given, launch(owner), Cluster())
