"""The gate: whether a challenger takes the champion's place, from their scores on fresh folds; pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from job.plan import identity, planning
from job.plan.plan import Facts
from job.results.table import Ranked, Table
from job.retune.evidence import Design, exact, percent, posterior, probabilities
from job.retune.record import Champion, Evidence
from job.study import params
from job.study.study import Retune, Study
from job.study.usercode.signatures import ANY

CHAMPION, CHALLENGER = 0, 1
"""Trials of a confirm run."""
FEW = 10
"""Test rows of a fold below which its score is so coarse that equal differences on all folds may be chance."""


@dataclass(frozen=True)
class Decision:
    """Whether the challenger is promoted, why, and by which evidence."""

    promotes: bool
    why: str
    evidence: Evidence | None = None


def base(study: Study, facts: Facts) -> str:
    """Return what is equal for two retunes of which the second has nothing to do: data, code, study and gate."""
    parts = planning.parts(study, facts.model_copy(update={"champion": None, "again": 0}))
    gate = study.retune or Retune()
    asked = {name: getattr(gate, name) for name in ("confidence", "margin", "floor", "refresh")}
    confirm = None if gate.confirm is None else gate.confirm.model_dump(mode="json")
    return identity.digest("tunejob retune 1", identity.canonical(parts), identity.canonical(asked | {"c": confirm}))


def unusable(champion: Champion, study: Study, facts: Facts) -> str:
    """Return why a champion can't be compared with anything now; "" where it can."""
    metric = study.refit if isinstance(study.refit, str) else facts.scoring[0]
    if champion.metric != metric:
        return (
            f"the champion was chosen by {champion.metric}, and the study is now judged by {metric}; the two can't be "
            f"compared. Go back to `refit: {champion.metric}`, or give the study another `name`, under which the first "
            "sound run's best is put in use"
        )
    takes = facts.build_parameters
    takes_any = ANY in takes or facts.estimator  # whose nested names a fit alone knows, and fails by
    unknown = [name for name in champion.params if not (takes_any or name in takes or name in params.FIT)]
    if unknown:
        return f"the champion can't be built any more: {study.model} takes no {', '.join(unknown)}"
    return ""


def failed(table: Table, number: int) -> str:
    """Return why a trial that is the champion's tells nothing: how many of its fits failed; "" where none did."""
    count = int(table.fits.failed[number].sum())
    if not count:
        return ""
    trained = {number, int(table.trials.twin[number])}
    kinds = [one for one in table.failures if not trained.isdisjoint(one.trials)]
    why = f" ({kinds[0].failure.kind}: {kinds[0].failure.message.splitlines()[0][:200]})" if kinds else ""
    return f"the champion can't be trained any more: {count} of its {table.plan.folds} fits failed{why}"


def challenger(table: Table, champion: Champion) -> Ranked | None:
    """Return the best trial that is not the champion's; None where there is none."""
    own = identity.canonical(champion.params)
    return next((one for one in table.ranked() if identity.canonical(one.params) != own and not one.failed), None)


def is_alone(table: Table, champion: Champion) -> bool:
    """Return whether a search has no other params than the champion's."""
    own = identity.canonical(champion.params)
    return all(identity.canonical(table.trials[number]) == own for number in range(table.plan.trials))


def decide(table: Table, asked: Retune) -> Decision:
    """Return the decision from the table of a confirm run, whose trials are the champion and the challenger."""
    for number, who in ((CHAMPION, "champion"), (CHALLENGER, "challenger")):
        if count := int(table.fits.failed[number].sum()):
            return Decision(False, f"{count} of the {who}'s {table.plan.folds} fits on fresh folds failed")
    scores, sizes = table.scores[table.metric], table.plan.facts.fold_sizes
    found = judged(scores[CHAMPION].tolist(), scores[CHALLENGER].tolist(), Design.of(sizes), asked, table.metric)
    fewest = min(test for _, test in sizes)
    if found.evidence is None or fewest >= FEW:
        return found
    return replace(found, why=f"{found.why}; a fresh fold tests on {fewest} rows, so few that this says little")


def judged(champion: Sequence[float], other: Sequence[float], design: Design, asked: Retune, metric: str) -> Decision:
    """Return the decision from both models' scores on the same folds, greater being better."""
    differences = [new - old for old, new in zip(champion, other, strict=True)]
    if len(differences) < 2 or not all(map(math.isfinite, differences)):
        return Decision(False, f"on some fresh folds {metric} is not a number, so the two cannot be compared")
    found = posterior(differences, design)
    told = probabilities(found, asked.margin)
    evidence = Evidence(
        champion=tuple(champion), challenger=tuple(other), ratio=design.ratio, mean=found.mean, scale=found.scale,
        freedom=found.freedom, worse=told.worse, equal=told.equal, better=told.better, confidence=asked.confidence,
        margin=asked.margin,
    )  # fmt: skip
    margin = f" by more than {asked.margin:g}" if asked.margin else ""
    sure = (
        f"on {len(differences)} fresh folds the challenger's mean {metric} differs by {found.mean:+.4g} from the "
        f"champion's, and it is better{margin} with a probability of "
        f"{percent(told.better, asked.confidence)}"
    )
    if told.better < asked.confidence:
        return Decision(False, f"{sure}, where {exact(asked.confidence)} is required", evidence)
    if why := below(sum(other) / len(other), asked, metric):
        return Decision(False, f"{sure}, but {why}", evidence)
    return Decision(True, f"{sure} ({exact(asked.confidence)} is required)", evidence)


def below(mean: float, asked: Retune, metric: str) -> str:
    """Return why a mean score is too low for any use; "" where it is not."""
    if asked.floor is None or mean >= asked.floor:
        return ""
    return f"its mean {metric} of {mean:.4g} is below the floor of {asked.floor:g}"


def unsound(best: Ranked, asked: Retune, metric: str) -> str:
    """Return why the best of the first run is not put in use; "" where it is."""
    mean = best.scores[metric].mean
    if best.failed:
        return f"{best.failed} of its fits failed, whose scores are only what `error_score` says"
    if not math.isfinite(mean):
        return f"its mean {metric} is {mean:g}"
    return below(mean, asked, metric)


def fresh_seed(run: str) -> int:
    """Return the seed of a retune's fresh folds: another one for every run of the search."""
    return int(identity.digest("tunejob fresh folds 1", run)[:8], 16)
