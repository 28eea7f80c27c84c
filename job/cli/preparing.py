"""Preparing a study for the verbs that only look at it."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from job.plan.plan import Facts
    from job.study.study import Study


def prepared(
    study: Path, declared: "Study", *, measure: bool = False, explain: bool = False, workers: int = 1
) -> "Facts":
    """What a worker finds out with the user's code, in a store of its own that is thrown away.

    It has as many cores as each of ``workers``.
    """
    from job.python import following

    with tempfile.TemporaryDirectory(prefix="tunejob-") as folder, following.phases() as doing:
        from job.cli import said
        from job.launch.local import LocalLauncher
        from job.preparing import prepare
        from job.python import local
        from job.store import open_store
        from job.study import reading
        from job.study.mistakes import StudyMistakes

        begun = LocalLauncher(folder, study.parent, workers, explain, doing=doing)
        with local.workers_of(begun, said.now) as launcher:
            try:
                return prepare(declared, launcher, open_store(folder), measure=measure)[0]
            except StudyMistakes as error:
                raise reading.place(study, error.mistakes) from None
