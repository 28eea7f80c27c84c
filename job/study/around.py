"""Trials near the model in use: each parameter from a narrower part of what the space says, on its own scale."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from job.study import space
from job.study.mistakes import Mistake
from job.study.study import Study

WIDTH = 0.2
"""The part of a distribution's probability that is drawn from, with the champion's value in its middle where it can be:
so a log-uniform one is narrowed on its logarithm, and a normal one where most of it lies."""
_TRIES = 50
"""How often a point is drawn again that was drawn before, or is the champion itself."""


def share(study: Study, trials: int, champion: Mapping[str, Any] | None, folder: Path | None = None) -> int:
    """Returns how many of a search's trials are drawn near a champion; 0 where no space has all its parameters."""
    asked = study.search.around_champion
    if asked is None or champion is None or _space(study, champion, folder) is None:
        return 0
    return round(asked * trials)


def candidates(
    study: Study, champion: Mapping[str, Any], count: int, seed: int, folder: Path | None = None
) -> Iterator[dict[str, Any]]:
    """Yields points near a champion, as plain values; the same for the same study, champion and seed.

    A distribution is drawn from within ``WIDTH`` of its probability around the champion's value; a list gives that
    value and its neighbours. Where the space has no more points near, some come twice, and are trained once.

    Args:
        study: whose search is random.
        champion: the params of the model in use, of one of the study's spaces.
        count: how many.
        seed: of the search.
        folder: where the user's own distributions lie.
    """
    found = _space(study, champion, folder) or {}
    rng = np.random.RandomState([seed % 2**32, 1])  # another stream than that of the other trials
    seen = [dict(champion)]
    for _ in range(count):
        for _ in range(_TRIES):
            drawn = {name: _near(made, champion[name], rng) for name, made in sorted(found.items())}
            point = {name: drawn[name] for name in found}
            if point not in seen[-_TRIES:]:
                break
        seen.append(point)
        yield point


def find(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """A search near the champion in a space that only the user's code knows."""
    del folder
    if study.search.around_champion is not None and space.needs_user_code(study):
        yield Mistake(
            ("search",),
            "around_champion narrows lists and scipy.stats's distributions; this space has one of your own "
            "(`module:name`). Write it by scipy's name, or leave around_champion out.",
        )


def _space(study: Study, champion: Mapping[str, Any], folder: Path | None) -> dict[str, Any] | None:
    """The space with just the champion's parameters; of several, the first that holds most of its values."""
    some = [one for one in space.distributions(study, folder) if one.keys() == champion.keys()]
    return max(some, key=lambda one: sum(_holds(one[name], value) for name, value in champion.items()), default=None)


def _holds(made: Any, value: Any) -> bool:
    """Whether a list or a distribution may give a value."""
    if not hasattr(made, "rvs"):
        return value in list(made)
    if not hasattr(made, "cdf") or isinstance(value, str | list | dict | None):
        return True
    low, high = made.support() if hasattr(made, "support") else (-np.inf, np.inf)
    return bool(low <= value <= high)


def _near(made: Any, value: Any, rng: np.random.RandomState) -> Any:
    if not hasattr(made, "rvs"):
        return space.plain(_neighbour(made, value, rng))
    if not (hasattr(made, "cdf") and hasattr(made, "ppf")) or isinstance(value, str | list | dict | None):
        return space.plain(made.rvs(random_state=rng))
    if _is_discrete(made):
        return space.plain(_counted(made, value, rng))
    low = _low(made.cdf(value))
    return space.plain(made.ppf(rng.uniform(low, low + WIDTH)))


def _is_discrete(made: Any) -> bool:
    from scipy.stats import rv_discrete  # here, as there is a distribution: it is imported by then

    return isinstance(getattr(made, "dist", None), rv_discrete)


def _low(middle: float) -> float:
    """Where the part of the probability begins that is drawn from."""
    return float(np.clip(middle - WIDTH / 2, 0.0, 1.0 - WIDTH))


def _counted(made: Any, value: float, rng: np.random.RandomState) -> Any:
    """One of a discrete distribution's values: around the middle of the champion's own share, neighbours included.

    ``cdf`` is that share's upper end; and of few values, one alone may have more than is drawn from.
    """
    first, last = made.support()
    own = np.clip(first + round(value - first) if np.isfinite(first) else round(value), first, last)
    low = _low((made.cdf(own - 1) + made.cdf(own)) / 2)
    least = max(first, min(made.ppf(low), own - 1))
    most = min(last, max(made.ppf(low + WIDTH), own + 1))
    drawn = float(np.clip(made.ppf(rng.uniform(made.cdf(least - 1), made.cdf(most))), least, most))
    return int(drawn) if drawn.is_integer() else drawn


def _neighbour(choices: Sequence[Any], value: Any, rng: np.random.RandomState) -> Any:
    """The value or one beside it; of numbers the nearest where the list has lost it, of anything else any."""
    some = list(choices)
    numbers = all(type(one) in (int, float) for one in (*some, value))
    if numbers:
        some.sort()
        place = min(range(len(some)), key=lambda one: abs(some[one] - value))
    elif value in some:
        place = some.index(value)
    else:
        return some[rng.randint(len(some))]
    beside = some[max(0, place - 1) : place + 2]
    return beside[rng.randint(len(beside))]
