"""The overlays that docs/cluster.md shows, rendered."""

import re
import shutil

import pytest
import yaml
from launch import rendering, schema

from job.launch.cluster import diagnosis, manifests
from job.results import lost_fits
from job.study import times
from job.study.sections import Cluster

DOCS = rendering.ROOT / "docs" / "cluster.md"
BLOCKS = [
    yaml.safe_load(text)
    for text in re.findall(r"```yaml\n# mine/kustomization.yaml[^\n]*\n(.*?)```", DOCS.read_text(), re.DOTALL)
]


@pytest.fixture
def beside(tmp_path):
    """A folder beside k8s/, as a user's overlay lies."""
    (tmp_path / "k8s").symlink_to(rendering.K8S)
    (tmp_path / "examples").symlink_to(rendering.ROOT / "examples")
    return tmp_path / "mine"


def test_the_overlay_with_all_that_is_shown_renders(beside):
    """The first block with each of those that go on top of it: known fields, the user's namespace, images and files."""
    assert len(BLOCKS) == 3
    content = {key: value for block in BLOCKS for key, value in block.items()}
    shutil.copytree(rendering.ROOT / "examples" / "breast_cancer", beside)
    (beside / "kustomization.yaml").write_text(yaml.safe_dump(content))
    found = rendering.kustomize(beside)
    assert [wrong for one in found for wrong in schema.mistakes(one)] == []
    assert {one["metadata"]["namespace"] for one in found} == {"vision"}
    job, template = rendering.one(found, "Job"), rendering.one(found, "PodTemplate")
    images = [pod["spec"]["containers"][0]["image"] for pod in (job["spec"]["template"], template["template"])]
    assert images == [f"registry.example.com/tunejob-{name}:0.1.0" for name in ("controller", "trainer")]
    assert set(rendering.one(found, "ConfigMap")["data"]) == {"study.yaml", "model.py", "data.py"}
    accounts = [one["metadata"] for one in found if one["kind"] == "ServiceAccount"]
    assert all("eks.amazonaws.com/role-arn" in one["annotations"] for one in accounts)


def test_the_first_look_renders():
    """The overlay for kind: known fields, a store on a volume that both kinds of pods mount, small workers."""
    found = rendering.objects("kind")
    assert [wrong for one in found for wrong in schema.mistakes(one)] == []
    volume = rendering.one(found, "PersistentVolumeClaim")["metadata"]["name"]
    job, template = rendering.one(found, "Job"), rendering.one(found, "PodTemplate")
    for pod in (job["spec"]["template"]["spec"], template["template"]["spec"]):
        mounted = {one["name"]: one.get("persistentVolumeClaim", {}).get("claimName") for one in pod["volumes"]}
        assert mounted["runs"] == volume
        assert {"name": "runs", "mountPath": "/runs"} in pod["containers"][0]["volumeMounts"]
    store = rendering.one(found, "ConfigMap", "tunejob-store")
    assert store["data"] == {"TUNEJOB_STORE": "file:///runs"}


def test_everything_that_is_named_is_there():
    """Components and examples that the page names exist, and none that exists is left out."""
    text = DOCS.read_text()
    assert [name for name in (*rendering.COMPONENTS, *rendering.EXAMPLES) if f"`{name}`" not in text] == []
    for file in re.findall(r"\]\((\.\./[^)#]+|[a-z]+\.md)", text):
        assert (DOCS.parent / file).exists(), file


def test_what_is_waited_for_is_told_as_it_is():
    """Times and counts of the page are those of the code and of the controller's Job."""
    rows = dict(re.findall(r"^\| ([^|]+) \| (.+) \|$", DOCS.read_text(), re.MULTILINE))
    crashed, unseen = (
        rows[f"a worker that {how}"] for how in ("crashed or ran out of memory", "was killed, and nobody saw why")
    )
    assert f"up to {manifests.RETRIES} times" in crashed
    assert f"lost its worker {lost_fits.MOST_UNSEEN} times" in unseen
    assert f"after {diagnosis.BLOCKED:.0f} s" in rows["suspended, as in a queue"]
    assert f"startDeadline: {times.duration(Cluster().startDeadline).replace(' ', '')}" in rows["no node, no quota"]
    job = rendering.one(rendering.objects("run"), "Job")
    assert f"up to {job['spec']['backoffLimit']} times" in rows["the controller's own pod ends without a verdict"]
