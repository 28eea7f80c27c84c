"""What goes wrong is told at ``submit``'s own exit: the case, the sentence, the exit code, within a minute or so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from cluster import studies
from cluster.site import Site, site

Object = dict[str, Any]
pytestmark = pytest.mark.timeout(1200)  # all cases at once, however much else this machine does


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong.

    Attributes:
        name: of the case.
        code: submit's exit code.
        sentences: what it says, among other things.
        study: fields of the study that differ.
        code_file: Python that goes over the study's data.py.
        before: what an administrator does to the namespace, before alice submits.
        who: who submits.
    """

    name: str
    code: int
    sentences: tuple[str, ...]
    study: dict[str, Any] = field(default_factory=dict)
    code_file: str = ""
    before: Callable[[Site], object] = lambda _: None
    who: str = "alice"


def _worker(site: Site, container: Object, **spec: Object) -> None:
    """Changes the installed PodTemplate."""
    template = {"template": {"spec": {"containers": [{"name": "worker", **container}], **spec}}}
    site.api.patch("podtemplates", site.namespace, "tunejob-worker", template, how="strategic")


def _secret(site: Site) -> None:
    source = {"secretKeyRef": {"name": "not-there", "key": "password"}}
    _worker(site, {"env": [{"name": "PASSWORD", "valueFrom": source}]})


def _restrict(site: Site) -> None:
    site.api.patch(
        "namespaces",
        None,
        site.namespace,
        {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
    )


def _quota(pods: int) -> Callable[[Site], None]:
    return lambda site: site.api.create(
        "resourcequotas", site.namespace, {"metadata": {"name": "few"}, "spec": {"hard": {"pods": str(pods)}}}
    )


_DATA = "def load():\n    return [[1.0], [2.0]], [0]\n"
_IMPORT = "import no_such_module\n\n\ndef load():\n    return no_such_module.load()\n"
_SOON = {"cluster": {"parallelism": 2, "startDeadline": "20s"}}
CASES = [
    Case(
        "bad image", 75,
        ("the image test.invalid/no-such:1 cannot be pulled", "Check its name", "Then submit again"),
        {"cluster": {"parallelism": 2, "image": "test.invalid/no-such:1"}},
    ),
    Case("missing secret", 75, ('the Secret "not-there" is missing', "kubectl create secret"), before=_secret),
    Case(
        "refused by Pod Security", 75, ("Pod Security refuses the pods", "Fix the PodTemplate's patches"),
        before=_restrict,  # the tests' gate is a hostPath, which is not allowed there
    ),
    Case("name too long", 64, ("of 41 characters", "at most 40", "Did you mean"), {"name": "n" * 41}),
    Case("wrong study", 64, ("epoch", "epochs"), {"fit": {"epoch": 2}}),
    Case("import of what is not there", 64, ("no_such_module", "make image"), code_file=_IMPORT),
    Case("data that is wrong", 65, ("X is a list", "This line converts it"), code_file=_DATA),
    Case(
        "poisoned trials", 0, ("is complete: 8 fits, 6 failed", "best by accuracy"),
        {"model": "model:build_but_not_fast"},  # its model raises for three of four: failed fits in a finished run
    ),
    Case("forbidden namespace", 77, ("cannot", "Ask an administrator to bind the Role tunejob-user"), who="bob"),
    Case(
        "not installed at all", 77,
        ("not installed", 'there is no ServiceAccount "tunejob-controller"', "kubectl apply -k"),
        before=lambda site: site.api.delete("serviceaccounts", site.namespace, "tunejob-controller"),
    ),
    Case(
        "no PodTemplate", 77, ("not installed", "there is no PodTemplate tunejob-worker", "kubectl apply -k"),
        before=lambda site: site.api.delete("podtemplates", site.namespace, "tunejob-worker"),
    ),
    Case(
        "no ServiceAccount of workers", 77, ("not installed", 'there is no ServiceAccount "tunejob-worker"'),
        before=lambda site: site.api.delete("serviceaccounts", site.namespace, "tunejob-worker"),
    ),
    Case("no quota at all", 75, ("quota allows no more pods now", "startDeadline"), _SOON, before=_quota(0)),
    Case("no quota for workers", 75, ("quota allows no more pods now", "startDeadline"), _SOON, before=_quota(1)),
    Case(
        "no node", 75, ("no node takes a pod", "Insufficient nvidia.com/gpu", "startDeadline"), _SOON,
        before=lambda site: _worker(site, {"resources": {"limits": {"nvidia.com/gpu": 64}}}),
    ),
    Case(
        "no GPU seen", 76, ("TUNEJOB_REQUIRE_GPU=1", "tensorflow[and-cuda]"),
        before=lambda site: _worker(site, {"env": [{"name": "TUNEJOB_REQUIRE_GPU", "value": "1"}]}),
    ),
    Case(
        "out of memory", 75, ("out of memory", "Raise the PodTemplate's memory limit"),
        before=lambda site: _worker(site, {"resources": {key: {"memory": "64Mi"} for key in ("limits", "requests")}}),
    ),
]  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What submit said, and its exit code."""

    code: int
    said: str


@pytest.fixture(scope="module")
def told(plane, s3, tmp_path_factory, installation, module_nodes):
    """All cases at once, each in a namespace of its own: most of them wait most of the time."""
    module_nodes("node", gpus=8)

    def submit(case: Case) -> Told:
        folder = tmp_path_factory.mktemp("case")
        with site(plane, s3, folder, installation) as found:
            case.before(found)
            study = studies.write(folder / "study", **case.study)
            if case.code_file:
                (study.parent / "data.py").write_text(case.code_file)
            kubeconfig = plane.user(case.who, found.namespace).kubeconfig
            environment = {**found.environment, "KUBECONFIG": str(kubeconfig)}
            done = found.tunejob("submit", study, env=environment)
            return Told(done.returncode, done.stderr + done.stdout)

    with ThreadPoolExecutor(len(CASES)) as pool:
        return dict(zip((case.name for case in CASES), pool.map(submit, CASES), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_what_goes_wrong_is_told_at_submits_exit(told, case):
    """The exit code, the sentence with its remedy, and no traceback."""
    found = told[case.name]
    assert found.code == case.code, found.said
    for sentence in case.sentences:
        assert sentence in found.said
    assert "Traceback" not in found.said
