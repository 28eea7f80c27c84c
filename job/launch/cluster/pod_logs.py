"""What a pod's main container wrote, and why there is nothing of it."""

from collections.abc import Iterator

from urllib3.exceptions import HTTPError

from job.launch.cluster.api import Api, Object
from job.launch.cluster.api_errors import ClusterError, NoLogError, RefusedError
from job.launch.cluster.pod_view import MAIN


def lines(api: Api, pod: Object, *, follow: bool = False) -> Iterator[str]:
    """The lines that its main container wrote, and with ``follow`` those that it will write.

    Raises:
        NoLogError: there is no log of this pod now; of another there may be.
        ClusterError: the connection was cut, or could not be made.
    """
    name = str(pod["metadata"]["name"])
    read = api.log(name, container=_main(pod), follow=follow)
    try:
        yield from read
    except (RefusedError, ClusterError) as fault:
        said = str(fault).removeprefix("the cluster refused this: ").rstrip(".")
        raise NoLogError(f"there is no log of {name} now: {said}. Why: kubectl describe pod {name}") from fault
    except (HTTPError, OSError) as fault:
        raise ClusterError(
            f"the connection to the cluster was cut while the log of the pod {name} was read ({fault}). The run goes "
            "on; ask again, and where this repeats, look at the cluster: kubectl get --raw /readyz"
        ) from fault


def _main(pod: Object) -> str:
    """The container whose log is meant: asked without one, the server refuses pods that have several."""
    found = [str(one["name"]) for one in pod.get("spec", {}).get("containers") or []]
    return next((one for one in found if one in MAIN), found[0] if found else "")
