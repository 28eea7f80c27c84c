"""The whole way of a study through a cluster: three ways in, one run; and the example, equal to a local run."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cluster import studies
from cluster.bodies import condition, finished
from cluster.kustomizing import overlay
from cluster.site import TUNEJOB, site
from cluster.tables import differences, rows

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "breast_cancer" / "study.yaml"


def _applied(way, plane, study):
    """``kubectl apply -k`` of an overlay on k8s/overlays/gpu that holds the study: installs and runs."""
    files = [file.name for file in study.parent.iterdir() if file.is_file()]
    generated = {"name": "tunejob-study", "behavior": "replace", "files": files}
    worker = {"name": "worker", "env": [{"name": "TUNEJOB_REQUIRE_GPU", "$patch": "delete"}]}  # there is no GPU here
    template = {"metadata": {"name": "tunejob-worker"}, "template": {"spec": {"containers": [worker]}}}
    patches = [{"patch": json.dumps({"apiVersion": "v1", "kind": "PodTemplate", **template})}]
    folder = overlay(study.parent, way.namespace, ["overlays/gpu"], configMapGenerator=[generated], patches=patches)
    return plane.kubectl("apply", "-k", str(folder))


def _piped(way, plane, study):
    """``tunejob manifests study.yaml | kubectl apply -f -``, as alice."""
    printed = way.tunejob("manifests", study, "-n", way.namespace)
    assert printed.returncode == 0, printed.stderr
    return plane.kubectl("apply", "-f", "-", user=way.alice, text=printed.stdout)


def _submitted(way, plane, study):
    """``make submit STUDY=…``, as alice."""
    command = ["make", "--old-file=.venv/installed", "submit", f"STUDY={study}"]
    return subprocess.run(command, cwd=ROOT, env=way.environment, capture_output=True, text=True, check=False)


def test_three_ways_in_give_the_same_run(plane, s3_env, tmp_path, installation, nodes):
    """``apply -k``, ``manifests | apply -f -`` and ``make submit``: one digest and one table."""
    nodes("node", gpus=6)

    def go(way):
        installed = [] if way is _applied else installation
        with site(plane, s3_env, tmp_path / way.__name__, installed) as found:
            study = studies.write(found.folder / "study")
            done = way(found, plane, study)
            assert done.returncode == 0, done.stderr
            (job,) = found.api.items("jobs", found.namespace, labelSelector="app.kubernetes.io/component%3Dcontroller")
            ended = found.api.until("jobs", found.namespace, job["metadata"]["name"], finished, 300)
            assert condition(ended, "Complete"), found.story()
            return found.run_of("tiny").run, found.table("tiny")

    with ThreadPoolExecutor(3) as pool:
        (run, table), *others = pool.map(go, (_submitted, _piped, _applied))
    assert [name for name, _ in others] == [run, run]
    assert [differences(other, table) for _, other in others] == [[], []]


def _parted(table):
    """Rows without ranks, which follow from the scores: those of small learning rates, and those of 0.1.

    Twenty epochs at that rate amplify what another way of training rounds otherwise: a test row in the balance, of the
    189 of a fold, may fall on either side, as it does with plain Keras on another number of threads.
    """
    found = [{name: value for name, value in row.items() if not name.startswith("rank_")} for row in table]
    is_wild = [float(row["param_learning_rate"]) >= 0.1 for row in found]
    return [[row for row, wild in zip(found, is_wild, strict=True) if wild is wanted] for wanted in (False, True)]


def test_the_example_ends_in_a_cluster_as_on_this_machine(site, plane, s3_env, tmp_path, nodes):
    """From ``make submit`` to report.html with two nodes of a GPU each: the same best params, the same scores."""
    for name in ("first", "second"):
        nodes(name, gpus=1)
    local = subprocess.run(
        [TUNEJOB, "run", EXAMPLE, "--store", tmp_path / "local"], capture_output=True, text=True, check=False
    )
    assert local.returncode == 0, local.stderr
    done = _submitted(site, plane, EXAMPLE)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "local" / "breast-cancer" / "runs").iterdir()
    assert site.run_of("breast-cancer").run == folder.name
    tables = site.table("breast-cancer"), rows((folder / "cv_results.csv").read_bytes())
    steady, wild = zip(*map(_parted, tables), strict=True)
    assert differences(*steady) == []
    assert differences(*wild, tolerance=2 / 189) == []
    fetched = site.tunejob(
        "fetch", "breast-cancer", "--store", site.store, "--to", tmp_path / "fetched",
        env={**site.environment, **s3_env.env()},
    )  # fmt: skip
    assert fetched.returncode == 0, fetched.stderr
    best = [json.loads((place / "best.json").read_text()) for place in (folder, tmp_path / "fetched")]
    assert best[0]["params"] == best[1]["params"]
    assert (tmp_path / "fetched" / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert (tmp_path / "fetched" / "model.keras").stat().st_size > 10_000
    for name, value in best[0]["params"].items():
        assert f"{name}={value}" in done.stdout
