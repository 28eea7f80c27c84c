"""What a retune of a study will be able to see: told before anything is trained."""

import math
from collections.abc import Iterator

import numpy as np

from job.plan.plan import Facts
from job.results import runs
from job.results.table import Table
from job.retune.evidence import Design, exact
from job.store import Store
from job.study import confirming, scorer_names, splitters
from job.study.study import Retune, Study

_RIVALS = 10
"""Of the best trials, how many are compared with the best: challengers will be like them."""
_BLIND = 1.25
"""Standard deviations of a fold's difference, from which on a gain is hardly ever seen."""
_USUAL = 0.95
_DEFAULT = Design(25, 0.25)
"""Five folds five times; by group, 25 splits that test on a fifth."""


def spread(table: Table) -> float | None:
    """Return the standard deviation of a fold's difference between good trials: the median over the best ones.

    None where fewer than two trials, or two folds, tell one.
    """
    numbers = [int(one) for one in table.ranking if table.trials.twin[one] < 0][: _RIVALS + 1]
    scores = table.scores[table.metric][numbers]
    if len(numbers) < 2 or scores.shape[1] < 2:
        return None
    found = float(np.median(np.std(scores[1:] - scores[0], axis=1, ddof=1)))
    return found if np.isfinite(found) and found > 0 else None


def told(study: Study, facts: Facts, store: Store) -> Iterator[str]:
    """Yield the smallest gain that a retune can see, in sentences; nothing for a study without ``retune``."""
    asked = study.retune
    if asked is None:
        return
    splitter = study.model_copy(update={"cv": confirming.splitter(study, facts.task)})
    sizes = confirming.sizes(study, facts.task, facts.rows)
    if sizes is None:
        yield f"compared on folds by {splitter.cv.name} of the study's own; what they can see is told after the first"
        return
    design = Design.of(sizes)
    name, seeded, _ = splitters.describe(splitter, facts.task).partition(", random_state")
    yield (
        f"challenger and champion are compared on {len(sizes)} fresh folds, {name}{')' * bool(seeded)}; promoted where "
        f"better{_margin(asked)} is {exact(asked.confidence)} probable{_floor(asked)}"
    )
    yield from _gain(study, asked, design, facts, store)


def _gain(study: Study, asked: Retune, design: Design, facts: Facts, store: Store) -> Iterator[str]:
    visible = design.visible(asked.confidence)
    table = _earlier(store, study.name)
    metric = study.refit if isinstance(study.refit, str) else facts.scoring[0]
    known = None if table is None or table.metric != metric else spread(table)
    if table is None or known is None:
        yield (
            f"the smallest gain seen is {visible:.2g} standard deviations of a fold's difference{_above(asked)}; how "
            f"much {metric} that is can be said after a first run"
        )
    else:
        least = asked.margin + visible * known
        yield (
            f"the smallest mean gain that is promoted is about {least:.2g} of {metric}, by the spread of "
            f"{table.plan.run}'s folds ({known:.2g}); a true gain of that is seen every second time, of "
            f"{asked.margin + 2 * visible * known:.2g} nearly always"
        )
        best = table.best
        mean = math.nan if best is None else best.scores[metric].mean
        if least > (room := scorer_names.bounds(metric)[1] - mean):
            more = "a smaller `margin`" if asked.margin > room else "more folds, or more rows"
            yield (
                f"warning: the best of {table.plan.run} scores {mean:.4g}, so that no model can gain as much as this "
                f"sees; take {more}"
            )
    if visible > _BLIND:
        yield f"warning: {_blind(study, asked, design, facts)}"


def _blind(study: Study, asked: Retune, design: Design, facts: Facts) -> str:
    """Why hardly any gain is seen, the folds or the confidence, and what to do."""
    needed = f"it must be {design.visible(asked.confidence):.2g} standard deviations of a fold's difference"
    usual = design.visible(_USUAL)
    if usual <= _BLIND:
        return (
            f"`confidence: {asked.confidence:g}` hardly ever lets a gain be seen: {needed}, where {_USUAL} needs "
            f"{usual:.2g}; ask for less, or compare on more folds"
        )
    least = _DEFAULT.visible(asked.confidence)
    said = f"{design.folds} folds hardly ever see a gain: {needed}"
    if confirming.is_needed(study):
        return f"{said}; take more, such as `confirm: {{{confirming.others(study.cv)}}}`"
    name = confirming.splitter(study, facts.task).name
    more = "repeat its folds" if name.endswith("KFold") and "Group" not in name else "raise its `n_splits`"
    return f"{said}, where 25 that each test on a fifth of the rows need {least:.2g}; leave `confirm` out, or {more}"


def _margin(asked: Retune) -> str:
    return f" by more than {asked.margin:g}" if asked.margin else ""


def _above(asked: Retune) -> str:
    return f" above the margin of {asked.margin:g}" if asked.margin else ""


def _floor(asked: Retune) -> str:
    return "" if asked.floor is None else f" and its mean reaches {asked.floor:g}"


def _earlier(store: Store, study: str) -> Table | None:
    """The newest complete run's table."""
    for run in runs.of_study(store, study):
        if not run.plan.facts.confirms and run.brief().is_complete:
            return run.table()
    return None
