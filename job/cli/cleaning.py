"""The verb ``clean``: what commands that were killed left lying about."""

from typing import Annotated

import typer

from job.cli.cluster import Context, Namespace
from job.cli.options import StoreUrl, example
from job.errors import TunejobError, UsageError

_SOON = 5.0
"""Seconds of trying to reach a cluster that may not be meant."""


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=example("tunejob clean study.yaml", "tunejob clean NAME --store s3://bucket/runs"))(clean)


def clean(
    target: Annotated[str, typer.Argument(metavar="STUDY|NAME", help="A study file, or a study's name with --store.")],
    store: StoreUrl = None,
    namespace: Namespace = None,
    context: Context = None,
) -> None:
    """Take away what killed commands left of a study a day ago or more, and rows of searches without runs; no run."""
    from job.cli.showing import line
    from job.results import leftovers
    from job.results import runs as known

    opened, study = known.meant(target, store)
    count = 0
    found = *leftovers.of_study(opened, study), *leftovers.of_searches(opened, study), *leftovers.of_probes(opened)
    for key in found:
        opened.delete(key)
        line(f"took {opened.url}/{key}")
        count += 1
    for job in _jobs(study, namespace, context):
        line(f"took the Job {job}")
        count += 1
    line(f"{count:,} taken" if count else "nothing to take: what is left of commands is younger than a day, or a run")


def _jobs(study: str, namespace: str | None, context: str | None) -> list[str]:
    """Takes a study's Jobs that prepared for a controller that is gone, where a cluster is configured here."""
    from job.cli.showing import line
    from job.launch.client import cleaning
    from job.launch.cluster import connection

    try:
        api = connection.from_kubeconfig(context, namespace, patience=_SOON)
    except UsageError:  # no cluster is configured here, so none was meant
        return []
    try:
        return cleaning.clean(api, study)
    except TunejobError as error:
        line(f"nothing was taken from the cluster: {error}")
        return []
