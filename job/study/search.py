"""The search: scikit-learn's candidates for the study's space, in scikit-learn's order, one at a time."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from job.study import around, space, splitters
from job.study.mistakes import Mistake
from job.study.study import Study

MOST_POINTS = 2**63 - 1
"""The most points of which scikit-learn can draw without replacement."""

MOST_FITS = 1_000_000
"""The most fits of a run where the study's limits say nothing."""


def seed(study: Study) -> int:
    """The search's own seed, or the study's."""
    return study.seed if study.search.seed is None else study.search.seed


def points(study: Study, folder: Path | None = None) -> int | None:
    """How many points the space has; None where a distribution makes them endless."""
    spaces = space.distributions(study, folder)
    if any(hasattr(one, "rvs") for params in spaces for one in params.values()):
        return None
    return sum(math.prod(len(choices) for choices in params.values()) for params in spaces)


def size(study: Study, folder: Path | None = None) -> int:
    """The number of candidates, duplicates counted; nothing is built for it.

    As in scikit-learn, a random search of a space that holds only choices draws each point at most once, so it has at
    most as many candidates as the space has points.
    """
    found = points(study, folder)
    trials = study.search.trials
    return min(one for one in (found, trials) if one is not None)


def candidates(
    study: Study, folder: Path | None = None, champion: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Every candidate's parameters as plain Python values, lazily.

    Equal to scikit-learn's ``ParameterGrid``, and ``ParameterSampler`` with the search's seed as ``random_state``, for
    the same space and in the same order.

    Args:
        study: a study without mistakes.
        folder: where the user's own distributions lie.
        champion: the params of the model in use, near which the last of a search with ``around_champion`` are drawn;
            the others are as many as scikit-learn draws with that seed.
    """
    from sklearn.model_selection import ParameterGrid, ParameterSampler  # two seconds to import

    spaces = space.distributions(study, folder)
    trials = size(study, folder)
    near = around.share(study, trials, champion, folder)
    if study.search.kind == "grid":
        drawn = iter(ParameterGrid(spaces))
    else:
        drawn = iter(ParameterSampler(spaces, trials - near, random_state=seed(study)))
    for params in drawn:
        yield {name: space.plain(value) for name, value in params.items()}
    if near and champion is not None:
        yield from around.candidates(study, champion, near, seed(study), folder)


def find_too_large(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """A search that is too large as far as the text tells, which may not know the number of folds."""
    del folder
    if space.needs_user_code(study):
        return
    many = points(study) or 0
    if study.search.kind == "random" and many > MOST_POINTS:
        yield Mistake(
            ("space",),
            f"the space has about 10^{math.floor(math.log10(many))} points, all of them choices: "
            f"scikit-learn draws each "
            "at most once, and can't among more than 10^18. Make one a distribution, such as `{randint: [low, high]}`.",
        )
    elif found := too_large(study, splitters.count(study)):
        yield found


def too_large(study: Study, folds: int | None, folder: Path | None = None) -> Mistake | None:
    """The mistake of a search with more fits than the study's limit, or than a million where it has none.

    Args:
        study: a study whose space is without mistakes.
        folds: how many; None where only the rows tell: at least one then.
        folder: where the user's own distributions lie.
    """
    most = study.limits.fits or MOST_FITS
    trials = size(study, folder)
    fits = trials * (folds or 1)
    if fits <= most:
        return None
    many = f"{fits:,} fits" if folds else f"at least {fits:,} fits"
    over = f"that is {many} with {folds or 'its'} folds, over the limit of {most:,} (`limits: {{fits: …}}`)"
    if study.search.kind == "random":
        return Mistake(("search",), f"got {trials:,} trials; {over}. Ask for fewer.")
    few = min(60, most // (folds or 1))
    remedy = f" `search: {{random: {{trials: {few}}}}}` draws some of them." if few else ""
    return Mistake(("space",), f"the grid has {trials:,} points; {over}.{remedy}")
