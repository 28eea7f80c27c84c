"""What the API server's refusals mean to a person, as errors."""

import json
import re
from typing import ClassVar

from job.errors import ExitCode, NotPermittedError, TunejobError, UsageError
from job.launch.cluster import names, refusals

PASSING = (429, 500, 502, 503, 504)
_CONTROLLER = re.compile(rf'User "system:serviceaccount:[^":]+:{names.CONTROLLER_ACCOUNT}" cannot ')


class ClusterError(TunejobError):
    """The API server can't be reached, or could not do what was asked."""

    exit_code: ClassVar[ExitCode] = ExitCode.STORE


class AbsentError(ClusterError):
    """There is no such object."""


class ExistsError(ClusterError):
    """An object of that name is there already, or it changed meanwhile."""


class NoLogError(ClusterError):
    """There is no log of a pod now."""


class GoneError(ClusterError):
    """A watch's place in history is forgotten: list again."""


class TokenError(ClusterError):
    """Our token is refused just now: it is read again, and tried again for a time of its own."""


class IdentityError(TunejobError):
    """Our token is refused, and went on being so: another process may get a better one."""

    exit_code: ClassVar[ExitCode] = ExitCode.STORE


class QuotaError(NotPermittedError):
    """The namespace's quota does not allow one more such object now."""


class RefusedError(UsageError):
    """The API server refuses an object as it is."""


def error(status: int, data: bytes, verb: str, namespace: str) -> TunejobError:
    """What an answer of the API server means to a person."""
    try:
        said = str(json.loads(data).get("message", ""))
    except ValueError:
        said = data.decode(errors="replace")[:500]
    if status == 401:
        return NotPermittedError(f"the cluster does not know you ({said}): log in again, or choose another context")
    if status == 403:
        passes = "exceeded quota" in said and refusals.told(said).kind == "waiting"
        kind = QuotaError if passes else NotPermittedError
        return kind(_forbidden(said, namespace))
    if status == 404 and verb == "POST":
        return RefusedError(
            f"{said}: create it (kubectl create namespace {namespace}), or name another with --namespace"
        )
    kinds: dict[int, type[TunejobError]] = {404: AbsentError, 409: ExistsError, 410: GoneError}
    if status in kinds:
        return kinds[status](said)
    if status in PASSING:
        return ClusterError(f"{status}: {said}")
    return RefusedError(f"the cluster refused this: {_remedied(said)}")


def _forbidden(said: str, namespace: str) -> str:
    if " cannot " not in said:  # an admission plugin's words: quota, policy, a namespace that is being deleted
        return f"the cluster refused this in namespace {namespace}: {_remedied(said)}"
    if _CONTROLLER.search(said):
        return (
            f"{said}. The installation in the namespace {namespace} is incomplete, or older than this controller: its "
            f"Role {names.CONTROLLER_ACCOUNT}, or the RoleBinding of that name, is missing or lacks this right. "
            f"{refusals.INSTALL}"
        )
    return (
        f"{said}. Ask an administrator to bind the Role tunejob-user in that namespace to you (kubectl create "
        f"rolebinding tunejob-YOU --role=tunejob-user --user=YOU -n {namespace}), or name a namespace of yours with "
        "--namespace."
    )


def _remedied(said: str) -> str:
    """The server's words, with the remedy where a policy, a webhook or a limit speaks."""
    return refusals.told(said, "this").sentence if refusals.is_known(said) else said
