"""Which cluster, which namespace, and as whom."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from job.errors import UsageError
from job.launch.cluster import names
from job.launch.cluster.api import PATIENCE, Api

NAMESPACE = "tunejob"
"""Where runs live when nobody says otherwise: what the manifests under k8s/ say too."""
_CONFIGURED = (
    "set KUBECONFIG to a kubeconfig that `kubectl get pods` works with, or run the study on this machine with "
    "`tunejob run STUDY`"
)
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
    return Api(configuration, namespace, patience=patience, renew=renew, say=say, unreached=_shut_in(configuration))


def _shut_in(configuration: Any) -> str:
    """What an administrator looks at where this pod does not reach the API server."""
    said = (
        f"Where nothing answers at all, look at the NetworkPolicy {names.CONTROLLER_ACCOUNT}: it lets the controller "
        "out to the ports 443 and 6443, and the API server's own is told by `kubectl get endpoints kubernetes -n "
        "default`."
    )
    if not configuration.proxy:
        return said
    host = urlsplit(configuration.host).hostname
    return f"{said} HTTPS_PROXY is set in this pod too: NO_PROXY (in tunejob-store, most often) must name {host}."


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
    from kubernetes.config import ConfigException, kube_config, list_kube_config_contexts, load_kube_config

    configuration = Configuration()
    try:
        load_kube_config(context=context, client_configuration=configuration)
        contexts, current = list_kube_config_contexts()
        chosen = next((one for one in contexts if one["name"] == context), current)
        own = chosen["context"].get("namespace")
    except (ConfigException, OSError) as error:
        raise UsageError(f"no cluster is configured here ({error}): {_CONFIGURED}") from error
    except Exception as error:  # the library looks at nothing before it takes it apart, and breaks off anywhere
        raise UsageError(
            f"the kubeconfig {kube_config.KUBE_CONFIG_DEFAULT_LOCATION} can't be read ({type(error).__name__}: "
            f"{_in_a_line(error)}): {_CONFIGURED}"
        ) from error
    place = namespace or os.environ.get("TUNEJOB_NAMESPACE") or own or NAMESPACE
    if more := _elsewhere(current, chosen, place):
        say(f"kubectl looks elsewhere than this run: give its commands {' '.join(more)}")
    return Api(configuration, place, patience=patience, say=say)


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _elsewhere(current: dict[str, Any], chosen: dict[str, Any], place: str) -> list[str]:
    """What kubectl has to be told to look where a run is: commands in sentences have it not."""
    more = ["--context", chosen["name"]] if chosen["name"] != current["name"] else []
    return more if place == chosen["context"].get("namespace", "default") else [*more, "--namespace", place]
