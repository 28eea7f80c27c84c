"""A run whose pods are of the images this project builds: their root filesystems, entry point, user and Python."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from cluster import studies
from cluster.bodies import condition, finished
from cluster.node.image import Image
from image.builder import obstacle, unpacked
from servers.processes import absent

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
WITNESS = f"""

import errno
import os
import sys

assert os.getuid() == 65532, os.getuid()
assert not os.path.exists({str(PROJECT)!r}), "this is the machine's root"
assert sys.executable.startswith("/opt/"), sys.executable
try:
    open("/opt/written", "w")
except OSError as error:
    assert error.errno == errno.EROFS, error
else:
    raise AssertionError("the root can be written to")
"""
"""What the study's data module makes sure of in every pod that loads it."""


@pytest.fixture
def images():
    """The images' root filesystems, under the names that manifests call them."""
    if reason := obstacle():
        absent(reason)
    with ExitStack() as stack:
        built = {target: stack.enter_context(unpacked(target)) for target in ("controller", "trainer-cpu")}
        made = {target: Image.of_oci(one.root, one.config) for target, one in built.items()}
        named = made | {"trainer": made["trainer-cpu"]}  # with a GPU's libraries it is as large as a disk
        yield {f"tunejob-{target}:0.1.0": image for target, image in named.items()}


@pytest.mark.timeout(1800)  # the images may have to be built
def test_a_run_of_the_built_images_is_complete(site, nodes, images):
    """Controller, prepare, shards: each pod starts by its image's own entry point, as nobody, on a read-only root."""
    nodes("node", gpus=3, images=images)
    study = studies.write(site.folder / "study", fit={"epochs": 2, "batch_size": 30})
    data = study.parent / "data.py"
    data.write_text(data.read_text() + WITNESS)
    done = site.tunejob("submit", study)
    assert done.returncode == 0, done.stderr + site.story()
    (job,) = site.api.items("jobs", site.namespace, labelSelector="app.kubernetes.io/component%3Dcontroller")
    ended = site.api.until("jobs", site.namespace, job["metadata"]["name"], finished, 300)
    assert condition(ended, "Complete"), site.story()
    assert len(site.results("tiny")) == 8
