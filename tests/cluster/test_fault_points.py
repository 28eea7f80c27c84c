"""A controller that dies after each of its calls and writes in turn: its successor ends as if nothing had been."""

import os
from concurrent.futures import ThreadPoolExecutor

import yaml
from cluster import studies
from cluster.dying import KILLED, Controller
from cluster.kustomizing import K8S
from cluster.users import trusting, write_kubeconfig

AT_ONCE = 6  # most of a run is waiting


class Runs:
    """Runs of the small study, each of a name of its own, by controllers that may die."""

    def __init__(self, site, plane):
        self.site = site
        account = f"/api/v1/namespaces/{site.namespace}/serviceaccounts/tunejob-controller/token"
        token = site.api.request("POST", account, {"spec": {}})["status"]["token"]
        target = site.folder / "controller.kubeconfig"
        self.kubeconfig = write_kubeconfig(target, trusting(plane.server, plane.ca), token, site.namespace)
        keys = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        self.environment = {**keys, "TUNEJOB_STORE": site.store, "TUNEJOB_NAMESPACE": site.namespace}

    def run(self, name, die_after=0):
        """Runs a study of this name to its end; what its controller did, and whether it died on the way."""
        study = studies.write(self.site.folder / name, name=name)
        controller = self._controller(name, study)
        code, done = controller.run(die_after)
        died = code == KILLED
        if died:
            code, _ = controller.run()
        assert code == 0, controller.log.read_text()
        return done, died

    def _controller(self, name, study):
        job = yaml.safe_load((K8S / "run" / "controller.yaml").read_text())
        job["metadata"]["name"] = f"c-{name}"
        job["spec"]["suspend"] = True  # the test is the one that runs it
        job["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"] = f"c-{name}"
        files = {file.name: file.read_text() for file in study.parent.iterdir() if file.is_file()}
        self.site.api.create("configmaps", self.site.namespace, {"metadata": {"name": f"c-{name}"}, "data": files})
        self.site.api.create("jobs", self.site.namespace, job)
        log = self.site.folder / f"{name}.log"
        return Controller(self.kubeconfig, f"c-{name}", study, self.environment, log)


def _end_state(site, name):
    """All that is left of a run: its table, its results, its objects but for marks of attempts, its Jobs."""
    keys = site.run_of(name)
    for one in site.jobs("shards", live=True):  # one whose results were all there may be a moment from its end
        if name in one["metadata"]["name"]:
            site.api.until("jobs", site.namespace, one["metadata"]["name"], _is_over)
    listed = {entry.key.removeprefix(keys.prefix) for entry in site.opened().list(keys.prefix)}
    job = site.api.get("jobs", site.namespace, f"c-{name}")
    return {
        "table": site.table(name),
        "results": sorted((line["trial"], line["fold"]) for line in site.results(name)),
        "objects": {key for key in listed if not key.startswith(("/jobs/", "/attempts/"))},
        "live": [one["metadata"]["name"] for one in site.jobs("shards", live=True) if name in one["metadata"]["name"]],
        "verdict": job["metadata"]["annotations"]["tunejob/verdict"].replace(keys.run, "RUN"),
    }


def _is_over(job):
    """Ended, or gone."""
    ended = {"Complete", "Failed"}
    return not job or any(each["type"] in ended for each in job["status"].get("conditions", []))


def test_a_controller_may_die_after_any_call_and_any_write(stubbed, plane):
    """Killed after each in turn; the next controller's run has the same table, results, objects and verdict."""
    runs = Runs(stubbed, plane)
    done, _ = runs.run("whole")
    wanted = _end_state(stubbed, "whole")

    def dies(point):
        name = f"p{point}"
        _, died = runs.run(name, die_after=point)
        found = _end_state(stubbed, name)
        wrong = {part: (found[part], wanted[part]) for part in wanted if found[part] != wanted[part]}
        return point, died, wrong

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(dies, range(1, len(done) + 1)))
    assert {done[point - 1]: wrong for point, _, wrong in ended if wrong} == {}
    assert sum(died for _, died, _ in ended) >= len(done) - 3  # how often it looks while it waits is chance
