"""Workers as local processes, and how they end; runs are tested with the command."""

import pytest
from work.run import planned

from job.errors import TunejobError, UsageError
from job.launch.local import LocalLauncher
from job.store import RunKeys
from job.store.keys import prepared
from job.study import reading


def test_a_store_that_lives_in_one_process_is_refused(tmp_path):
    """Workers are processes of their own."""
    with pytest.raises(UsageError, match=r"memory://x is kept in one process.*use a folder"):
        LocalLauncher("memory://x", tmp_path, 1)


def test_a_worker_that_can_not_begin_is_told_with_its_own_words(tmp_path, forked):
    """A real worker whose run is not in the store: its error reaches the controller, and nothing keeps running."""
    launcher = LocalLauncher(str(tmp_path / "runs"), tmp_path, 1)
    try:
        with pytest.raises(TunejobError, match="wine"):
            launcher.refit(RunKeys("wine", "wine-0123456789"))
        assert launcher._running == []
    finally:
        launcher.close()


def test_workers_that_began_ahead_do_the_shards(tmp_path, forked):
    """Two are at hand when the plan is made, and no third is started; one more than there are shards ends by itself."""
    run = planned(tmp_path, {"units: [2, 3, 4]": "units: [2]"})
    launcher = LocalLauncher(run.url, tmp_path, 2, ahead=True)
    study = reading.read(tmp_path / "study.yaml")
    run.store.create(prepared(study.name, "0", "study.yaml"), reading.dump(study).encode())
    try:
        launcher.prepare(study, "0", measure=False)
        ahead = [worker.process.pid for worker in launcher._running]
        assert len(ahead) == 2
        said = [sentence for sentence in launcher.shards(run.keys, run.plan, run.shards) if sentence]
        assert said == []
        assert launcher._running == []
        assert len(run.lines()) == 1
    finally:
        launcher.stop()
        launcher.close()
