"""A Job of one index that has ended, or of which only pods are left that don't: whether its work is done."""

from job.errors import Incomplete
from job.launch.cluster.ends import error_from
from job.launch.cluster.job_follower import Following


def is_done(following: Following) -> bool:
    """Whether the worker did its work; False where another Job should.

    Raises:
        TunejobError: what the worker ended with, or how its Job did.
    """
    view = following.view
    if view.condition is not None and view.condition[0] == "Complete":
        return True
    beside = [view.ends.get(pod["metadata"]["name"]) for pod in view.lingering]
    if None in beside:  # it succeeded, and what is beside it goes on
        return True
    ended = [end for end in beside if end is not None] if following.lost else [*view.ends.values()]
    if counted := [end for end in ended if end.counts]:
        raise error_from(counted[-1])
    if following.lost:
        return False
    raise Incomplete(f"{following.ending}. Submit again to resume.")
