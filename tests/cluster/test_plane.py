"""The control plane and the node themselves, with plain Jobs of /bin/sh."""


def job(image: str, script: str, **spec):
    """A Job whose pod runs a shell script; ``spec`` goes to the Job's spec."""
    container = {"name": "main", "image": image, "command": ["/bin/sh", "-c", script]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {"metadata": {"name": "job"}, "spec": {"backoffLimit": 0, "template": template, **spec}}


def finished(found) -> bool:
    """Whether a Job has come to an end."""
    return any(each["type"] in ("Complete", "Failed") for each in found.get("status", {}).get("conditions", []))


def test_an_indexed_job_runs_each_index_once(api, cluster, namespace, nodes):
    """Every index runs to its end and sees its own number."""
    nodes()
    body = job(cluster.image, "echo index $JOB_COMPLETION_INDEX", completions=5, parallelism=2, completionMode="Indexed")
    api.create("jobs", namespace, body)
    done = api.until("jobs", namespace, "job", finished)
    assert done["status"]["completedIndexes"] == "0-4"
    pods = api.items("pods", namespace)
    said = {api.logs(namespace, pod["metadata"]["name"]).strip() for pod in pods}
    assert said == {f"index {number}" for number in range(5)}
