"""Which cluster, which namespace, and as whom."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from job.errors import UsageError
from job.launch.cluster.api import PATIENCE, Api

NAMESPACE = "tunejob"
"""Where runs live when nobody says otherwise: what the manifests under k8s/ say too."""
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def from_pod(*, patience: float = PATIENCE, say: Callable[[str], None] = lambda _: None) -> Api:
    """The cluster that this pod runs in, as its ServiceAccount; ``say`` is told when it does not answer."""
    from kubernetes.client import Configuration  # half a second that most commands need not spend
    from kubernetes.config import ConfigException, load_incluster_config

    configuration = Configuration()
    try:
        load_incluster_config(configuration)
    except ConfigException as error:
        raise UsageError(
            f"this is no pod with a ServiceAccount's token ({error}): the controller runs in the cluster; "
            "`tunejob submit STUDY` starts it there, and `tunejob run STUDY` needs no cluster"
        ) from error

    def renew() -> None:
        with suppress(ConfigException):  # not there just now: what was read before is tried again
            load_incluster_config(configuration)

    namespace = os.environ.get("TUNEJOB_NAMESPACE") or _ACCOUNT.read_text().strip()
    return Api(configuration, namespace, patience=patience, renew=renew, say=say)


def from_kubeconfig(
    context: str | None = None,
    namespace: str | None = None,
    *,
    patience: float = PATIENCE,
    say: Callable[[str], None] = lambda _: None,
) -> Api:
    """The cluster that kubectl would use.

    Args:
        context: the kubeconfig's context; else its current one.
        namespace: else TUNEJOB_NAMESPACE, else the context's, else "tunejob".
        patience: seconds of trying to reach it.
        say: takes a sentence when it has not answered for some seconds, and one where kubectl would look elsewhere.
    """
    from kubernetes.client import Configuration  # as above
    from kubernetes.config import ConfigException, list_kube_config_contexts, load_kube_config

    configuration = Configuration()
    try:
        load_kube_config(context=context, client_configuration=configuration)
        contexts, current = list_kube_config_contexts()
    except (ConfigException, OSError) as error:
        raise UsageError(
            f"no cluster is configured here ({error}): set KUBECONFIG to a kubeconfig that `kubectl get pods` works "
            "with, or run the study on this machine with `tunejob run STUDY`"
        ) from error
    chosen = next((one for one in contexts if one["name"] == context), current)
    own = chosen["context"].get("namespace")
    place = namespace or os.environ.get("TUNEJOB_NAMESPACE") or own or NAMESPACE
    if more := _elsewhere(current, chosen, place):
        say(f"kubectl looks elsewhere than this run: give its commands {' '.join(more)}")
    return Api(configuration, place, patience=patience, say=say)


def _elsewhere(current: dict[str, Any], chosen: dict[str, Any], place: str) -> list[str]:
    """What kubectl has to be told to look where a run is: commands in sentences have it not."""
    more = ["--context", chosen["name"]] if chosen["name"] != current["name"] else []
    return more if place == chosen["context"].get("namespace", "default") else [*more, "--namespace", place]
