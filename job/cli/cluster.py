"""The verbs for a cluster: ``submit``, ``manifests``, ``logs``, ``cancel``, ``throttle``; ``control`` in its pod."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from job.cli import said
from job.cli.options import Fresh, StoreUrl, StudyFile, example
from job.errors import TunejobError, UsageError

if TYPE_CHECKING:
    from job.launch.client.remote_run import Remote
    from job.launch.client.submission import Sent
    from job.launch.client.submit import Followed
    from job.launch.cluster.api import Api

Context = Annotated[str | None, typer.Option(help="A context of the kubeconfig; its current one if not given.")]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace", "-n", envvar="TUNEJOB_NAMESPACE", help='The namespace; else the context\'s, else "tunejob".'
    ),
]
Overlay = Annotated[
    str | None,
    typer.Option(
        "--overlay",
        "-k",
        envvar="TUNEJOB_OVERLAY",
        metavar="DIR",
        help="A kustomization that patches the controller's Job (images, pull secrets); also cpu or gpu.",
    ),
]
Found = Annotated[
    str, typer.Argument(metavar="STUDY|NAME[/RUN]", help="A study file, a study, a run or a Job by name.")
]

_SOON = 5.0
"""Seconds of trying to reach a cluster that may not be meant."""


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command(epilog=example("tunejob submit study.yaml", "make submit STUDY=study.yaml"))(submit)
    app.command(epilog=example("tunejob manifests study.yaml | kubectl apply -f -"))(manifests)
    app.command(epilog=example("tunejob logs breast-cancer", "tunejob logs breast-cancer --index 3 --follow"))(logs)
    app.command(epilog=example("tunejob cancel breast-cancer"))(cancel)
    app.command(epilog=example("tunejob throttle 2 breast-cancer"))(throttle)
    app.command(epilog="What the controller's pod runs; people use `tunejob submit`.")(control)


def submit(
    study: StudyFile,
    *,
    store: StoreUrl = None,
    namespace: Namespace = None,
    context: Context = None,
    overlay: Overlay = None,
    follow: Annotated[bool, typer.Option(help="Wait for the verdict; Ctrl-C leaves the run running.")] = True,
    fresh: Fresh = False,
) -> None:
    """Run a study in a cluster: send it with its code, follow it to its end; submit it again to resume.

    Needs neither TensorFlow nor credentials for the store. Exits as the run ends.
    """
    said.now(f"{study}: reading the study and its code")
    from job.launch.client import reachable, submission, submit, templates
    from job.launch.cluster import connection

    sent = _sent(study, store, fresh=fresh)
    template = templates.controller(overlay)
    made = submission.make(sent, template)
    _say(f"{made.name}: sending {', '.join(path for path, _ in sent.files) or 'no code'}")
    api = connection.from_kubeconfig(context, namespace, say=_say)
    reachable.refuse_local(sent.study, study.parent, store, submit.usual_store(api, reachable.STORE_VARIABLE))
    submitted = submit.submit(api, made)
    if not follow:
        _say(submitted.sentence)
        return
    try:
        _say(submitted.sentence)  # within: who reads it may press Ctrl-C at once
        deadline = sent.study.cluster.startDeadline
        _follow(api, submit.Followed(api, submitted.job, deadline, is_new=submitted.is_new))
    except KeyboardInterrupt:
        _say(
            f"the run continues without you. Follow it again: tunejob submit {study}; "
            f"look: tunejob status {made.name}; end it: tunejob cancel {made.name}"
        )
        raise


def _follow(api: "Api", followed: "Followed") -> None:
    """Tells what happens to a run, to its end, and what came of it; raises as it ended."""
    from job.launch.client import remote_run, status_text, submit

    for told in followed.until_it_ends():
        _say(told)
    submit.raised(followed.verdict())
    for line in status_text.results(remote_run.look(api, followed.job)):
        sys.stdout.write(f"{line}\n")


def manifests(
    study: StudyFile,
    *,
    store: StoreUrl = None,
    namespace: Namespace = None,
    overlay: Overlay = None,
    install: Annotated[
        bool, typer.Option("--install", help="Also print what an administrator installs once (rendered by kubectl).")
    ] = False,
) -> None:
    """Print the objects that run a study in a cluster, for `kubectl apply -f -` or a repository.

    Their names carry the digest of the study, its code and the controller's template.
    """
    from job.launch.client import submission, templates
    from job.launch.cluster import connection

    made = submission.make(_sent(study, store), templates.controller(overlay))
    installed = templates.installation(overlay) if install else []
    place = namespace or connection.NAMESPACE
    objects = [submission.placed(one, place) for one in (*installed, made.config, made.job)]
    sys.stdout.write(templates.written(objects))


def logs(
    target: Found,
    *,
    workers: Annotated[bool, typer.Option("--workers", help="The workers' logs instead of the controller's.")] = False,
    index: Annotated[int | None, typer.Option(min=0, help="The workers of one completion index.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Keep printing as the newest pod writes more.")
    ] = False,
    namespace: Namespace = None,
    context: Context = None,
) -> None:
    """Print what a run's pods wrote: the controller's, or the workers'."""
    from job.launch.client import remote_run
    from job.launch.cluster import connection, pod_logs
    from job.launch.cluster.api_errors import NoLogError

    api = connection.from_kubeconfig(context, namespace)
    pods = remote_run.pods_of(_found(api, target, every=True), index, of_workers=workers)
    if not pods:
        raise UsageError(f"{target} has no such pod now; pods go with their Job, and results hold each fit's own log")
    without = []
    for pod in pods:
        if len(pods) > 1:
            sys.stdout.write(f"==> {pod['metadata']['name']} <==\n")
        try:
            for line in pod_logs.lines(api, pod, follow=follow and pod is pods[-1]):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
        except NoLogError as error:  # others may have one
            without.append(error)
            if len(without) == len(pods):
                raise
            _say(str(error))


def cancel(target: Found, *, namespace: Namespace = None, context: Context = None) -> None:
    """End a run: its Jobs and all their pods. Finished fits stay in the store."""
    from job.launch.client import remote_run
    from job.launch.cluster import connection

    api = connection.from_kubeconfig(context, namespace)
    found = _found(api, target)
    for sentence in remote_run.cancel(api, found):
        _say(sentence)
    sys.stdout.write(f"cancelled {found.run or found.name}; submit the study again to continue from what is stored\n")


def throttle(
    parallelism: Annotated[int, typer.Argument(metavar="N", min=0, help="Workers at once; 0 pauses the run.")],
    target: Found,
    *,
    namespace: Namespace = None,
    context: Context = None,
) -> None:
    """Change how many workers a live run may have at once."""
    from job.launch.client import remote_run
    from job.launch.cluster import connection

    api = connection.from_kubeconfig(context, namespace)
    sys.stdout.write(f"{remote_run.throttle(api, _found(api, target), parallelism)}\n")


def control(
    study: StudyFile,
    store: Annotated[str | None, typer.Option(help="In place of the study's own store.")] = None,
    *,
    fresh: Fresh = False,
) -> None:
    """Control one run from within the cluster: plan, launch, wait, aggregate."""
    from job.cli import controlling

    raise typer.Exit(controlling.control(study, store, fresh=fresh))


def found_instead(target: str, error: TunejobError, namespace: str | None, context: str | None) -> "Remote":
    """A run that the store does not show, as the cluster shows it: for those without the store's credentials.

    Raises:
        TunejobError: the store's own error, with what the cluster said if there is one.
    """
    from job.launch.cluster import connection
    from job.study.mistakes import StudyMistakes

    if isinstance(error, StudyMistakes):
        raise error
    try:
        api = connection.from_kubeconfig(context, namespace, patience=_SOON)
    except UsageError:  # no cluster is configured here, so none was meant
        raise error from None
    try:
        return _found(api, target)
    except TunejobError as absent:
        raise type(error)(f"{error}\nThe cluster does not show it either: {absent}") from None


def _sent(study: Path, store: str | None, *, fresh: bool = False) -> "Sent":
    """The study and its code, read and checked."""
    from job.launch.client.submission import Sent
    from job.plan import provenance
    from job.study import code_files, reading

    declared, text = reading.read_elsewhere(study)
    return Sent(
        study=declared,
        text=text,
        files=code_files.find(declared, study.parent).contents(),
        data=code_files.data(declared, study.parent),
        named=code_files.named(declared, study.parent),
        store=store,
        commit=provenance.commit(study.parent),
        fresh=fresh,
    )


def _found(api: "Api", target: str, *, every: bool = False) -> "Remote":
    from job.launch.client import remote_run
    from job.study import reading

    path = Path(target)
    is_file = path.suffix in {".yaml", ".yml"} or path.is_file()
    found = remote_run.find(api, reading.read_elsewhere(path)[0].name if is_file else target, every=every)
    for other in found.others:
        _say(f"{other} is running as well; this is {found.name}, the newest")
    return found


def _say(sentence: str) -> None:
    said.now(sentence)
