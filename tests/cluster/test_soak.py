"""Runs under faults of every kind end with the table of an undisturbed one; TUNEJOB_FAULTS and TUNEJOB_SEED say more.

``make soak FAULTS=200 SEED=7`` is this with many faults. What it prints is for people; what must hold is asserted.
"""

import os
import random
import secrets
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml
from cluster import soak
from cluster.api import ApiError, UnreachableError
from cluster.site import TUNEJOB, Site
from cluster.site import site as opened_site
from cluster.tables import differences, rows

FAULTS = int(os.environ.get("TUNEJOB_FAULTS") or 4)
SEED = int(os.environ.get("TUNEJOB_SEED") or (11 if FAULTS == 4 else secrets.randbelow(10_000)))
"""The few faults of every test run are the same: what changes the code, and not chance, decides if it passes."""
ROUND = 12  # faults of one run, at most
AGAIN = {69, 75}  # exit codes after which submitting again is what is said to do
CULPRIT = Path(__file__).parent / "culprit"


@dataclass
class Account:
    """What all runs came to."""

    begun: float = field(default_factory=time.monotonic)
    kinds: set[str] = field(default_factory=set)
    faults: int = 0
    runs: int = 0
    lost: int = 0
    again: int = 0
    vain: float = 0.0
    left: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    resubmitted: int = 0
    silence: float = 0.0

    def lines(self) -> list[str]:
        """For people."""
        seconds = f"{time.monotonic() - self.begun:.0f} s, seed {SEED}"
        return [
            f"{self.faults} faults of {len(self.kinds)} kinds in {self.runs} runs, {seconds}",
            f"tables that differ from the undisturbed one: {len(self.differing)}",
            f"fits lost: {self.lost}",
            f"trained more than once: {self.again} fits, about {self.vain:.0f} s in vain",
            f"objects, Jobs and pods left over: {len(self.left)}",
            f"submitted again, as was said: {self.resubmitted}",
            f"longest silence of a submit: {self.silence:.0f} s",
        ]


class Submitting:
    """A ``submit`` under way, whose words are heard as they come."""

    def __init__(self, site: Site, study: Path) -> None:
        self.process = site.begin("submit", study)
        self.text: list[str] = []
        self._last = time.monotonic()
        self.longest = 0.0
        self._threads = [
            threading.Thread(target=self._hear, args=(stream,), daemon=True)
            for stream in (self.process.stdout, self.process.stderr)
        ]
        for one in self._threads:
            one.start()

    def _hear(self, stream) -> None:
        for line in stream:
            self.longest = max(self.longest, time.monotonic() - self._last)
            self._last = time.monotonic()
            self.text.append(line)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def code(self, seconds: float) -> int:
        """Waits for its end; the exit code."""
        code = self.process.wait(seconds)
        for one in self._threads:
            one.join(10)
        return code


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The table of the same study on this machine, whose culprit fails there too."""
    folder = tmp_path_factory.mktemp("undisturbed") / "study"
    shutil.copytree(CULPRIT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TUNEJOB_STORE")}
    command = [TUNEJOB, "run", folder / "study.yaml", "--workers", "1"]
    subprocess.run(command, check=False, capture_output=True, env=environment)
    (table,) = folder.glob("runs/soak/runs/*/cv_results.csv")
    return rows(table.read_bytes())


@pytest.fixture
def scene(plane, s3_env, s3_proxy, tmp_path, installation, nodes):
    """A site whose store is behind the proxy, and three nodes."""
    behind = replace(s3_env, endpoint=s3_proxy.endpoint)
    with opened_site(plane, behind, tmp_path / "site", installation) as site:
        limits = {"memory": "1500Mi"}
        worker = {"name": "worker", "resources": {"requests": limits, "limits": {**limits, "nvidia.com/gpu": 1}}}
        spec = {"containers": [worker], "terminationGracePeriodSeconds": 5}
        template = {"template": {"spec": spec}}
        site.api.patch("podtemplates", site.namespace, "tunejob-worker", template, how="strategic")
        chance = random.Random(SEED)  # noqa: S311  # no secret
        made = soak.Scene(site, plane, s3_proxy, lambda name: nodes(name, gpus=2), chance)
        made.nodes |= {name: made.make(name) for name in ("a", "b", "c")}
        yield made
        s3_proxy.calm()


def study(site: Site, name: str) -> Path:
    """A study of this name in a folder of its own."""
    folder = site.folder / name
    shutil.copytree(CULPRIT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "study.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "name": name}, sort_keys=False))
    return file


def one_run(scene: soak.Scene, kinds: list[str], account: Account, undisturbed, tell) -> None:
    """One run from its submission to its end under faults, at most ``ROUND``; they are taken from ``kinds``."""
    account.runs += 1
    scene.study, left = f"soak-{account.runs}", ROUND
    scene.children.clear()
    file = study(scene.site, scene.study)
    submitting = Submitting(scene.site, file)
    while True:
        while kinds and left and not submitting.over:
            time.sleep(scene.random.uniform(1.0, 5.0))
            moment = time.monotonic() - account.begun
            if not submitting.over and soak.befall(scene, kinds[-1]):
                tell(f"{moment:7.1f} s  {scene.study}  fault {account.faults + 1}: {kinds[-1]}")
                account.kinds.add(kinds.pop())
                account.faults, left = account.faults + 1, left - 1
            else:
                kinds.insert(0, kinds.pop())  # nobody was there whom it could befall: another one first
        code = submitting.code(900)
        account.silence = max(account.silence, submitting.longest)
        if code not in AGAIN:
            break
        account.resubmitted += 1
        tell(f"{scene.study} ended in {code}, and is submitted again: {submitting.text[-1].strip()[:300]}")
        submitting = Submitting(scene.site, file)
    assert code == 0, "".join(submitting.text)
    settle(scene, account, undisturbed)


def settle(scene: soak.Scene, account: Account, undisturbed) -> None:
    """Holds what a run left against what it should have left."""
    site, name = scene.site, scene.study
    results, begun = site.results(name), site.begun(name)
    seconds = {line["identity"]: line["fit_seconds"] or 0.0 for line in results}
    account.lost += 2 * len(undisturbed) - len({(line["trial"], line["fold"]) for line in results})
    account.again += sum(count > 1 for count in begun.values())
    account.vain += sum((count - 1) * seconds.get(fit, 0.0) for fit, count in begun.items())
    account.differing += differences(site.table(name), undisturbed)
    account.left += [entry.key for entry in site.opened().list(f"{name}/prepared")]
    account.left += [one["metadata"]["name"] for task in ("prepare", "shards") for one in site.jobs(task, live=True)]

    def quiet() -> bool:
        try:
            return not any(site.pods(task, "Running") for task in ("prepare", "shards"))
        except (ApiError, UnreachableError):
            return False

    site.until(quiet, "no pod of the run runs any more", 120)


@pytest.mark.timeout(0 if FAULTS > 20 else 900)
def test_runs_under_faults_end_like_an_undisturbed_one(scene, undisturbed, capsys):
    """The same table but for times; no fit is lost, and nothing is left over."""
    account, kinds = Account(), list(soak.drawn(SEED, FAULTS))

    def tell(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)  # noqa: T201

    tell(f"\n{FAULTS} faults, seed {SEED}")
    while kinds:
        one_run(scene, kinds, account, undisturbed, tell)
    for line in account.lines():
        tell(line)
    assert account.faults == FAULTS
    assert account.differing == []
    assert account.lost == 0
    assert account.left == []


def test_few_faults_are_of_many_kinds():
    """A seed draws each kind before it draws one again, and there are thirteen and more."""
    assert len(set(soak.drawn(3, len(soak.KINDS)))) == len(soak.KINDS) >= 13
    assert list(soak.drawn(3, 40)) == list(soak.drawn(3, 40))
