"""Names of objects in a cluster."""

import re

import pytest

from job.errors import UsageError
from job.launch.cluster import names

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LONGEST_STUDY = "a" * 40
RUN = f"{LONGEST_STUDY}-0123456789"


@pytest.mark.parametrize(
    "name",
    [
        names.submitted(LONGEST_STUDY, "0" * 64),
        names.prepare_job(LONGEST_STUDY, "0123456789abcdef"),
        names.refit_job(RUN, 3),
        names.shards_job(RUN, 9, 10_000),
    ],
)
def test_every_study_of_allowed_length_can_be_named(name):
    """With the longest name of a study, Kubernetes can still name the Jobs and their pods."""
    assert LABEL.fullmatch(name)


def test_a_name_whose_pods_could_not_be_named_is_refused_before_it_is_sent():
    """Kubernetes refuses a Job whose last pod's name is no DNS label; the error says by how much it is too long."""
    with pytest.raises(
        UsageError, match=r"has 67 characters, and 63 are allowed. Give the study a name that is 4 shorter"
    ):
        names.shards_job("a" * 58, 1, 100_001)


def test_labels_that_are_not_known_yet_are_left_out():
    """Before planning there is no run to label."""
    assert names.labels("wine") == {"app.kubernetes.io/name": "tunejob", "tunejob/study": "wine"}


def test_an_owner_never_blocks_and_never_controls():
    """Kueue would take a controlled Job for a child, and blocking needs a right that users do not have."""
    reference = names.Owner("name", "uid").reference()
    assert (reference["controller"], reference["blockOwnerDeletion"]) == (False, False)
