"""All trials of a study, held compactly: a million take about 150 MB, not the gigabyte their dicts would."""

import json
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from job.data.rows import Indices
from job.plan import cost, identity
from job.plan.plan import Facts, Trial
from job.study import search
from job.study.mistakes import StudyMistakes
from job.study.study import Study


@dataclass(frozen=True, eq=False)
class Expansion:
    """Trials by number.

    Attributes:
        text: the params of all trials as JSON, one after the other.
        ends: (n,) where each trial's params end in ``text``.
        first: (n,) the number of the first trial of equal params: its own, unless it is a duplicate.
        programs: (n,) equal for trials whose params are equal but for floats, which can share a program.
        costs: (n,) expected cost of each trial.
    """

    text: bytearray
    ends: Indices
    first: Indices
    programs: Indices
    costs: NDArray[np.float64]

    def __len__(self) -> int:
        """The number of trials."""
        return len(self.ends)

    @property
    def unique(self) -> Indices:
        """The numbers of the trials that train."""
        return np.flatnonzero(self.first == np.arange(len(self)))

    def trial(self, number: int) -> Trial:
        """Returns one trial."""
        begin = self.ends[number - 1] if number else 0
        first = int(self.first[number])
        params = json.loads(self.text[begin : self.ends[number]])
        return Trial(number=number, params=params, twin=None if first == number else first)


def expand(study: Study, facts: Facts) -> Expansion:
    """Returns all trials of a study, from one pass over its candidates.

    Raises:
        StudyMistakes: more fits than ``limits.fits`` allows, told before anything is expanded.
    """
    if facts.candidates is None:
        mistake = search.too_large(study, len(facts.fold_sizes))
        if mistake is not None:
            raise StudyMistakes(study.name, [mistake])
    drawn = search.candidates(study, champion=facts.champion) if facts.candidates is None else facts.candidates
    champion = () if facts.champion is None else (facts.champion,)
    return of_candidates(chain(drawn, champion), cost.of_trial(study, facts))


def of_candidates(candidates: Iterable[Mapping[str, Any]], cost_of: Callable[[Mapping[str, Any]], float]) -> Expansion:
    """Returns candidates as trials, numbered from 0 as they come."""
    text, keys, programs = bytearray(), bytearray(), bytearray()
    ends, costs = array("q"), array("d")
    for params in candidates:
        canonical = identity.canonical(params)
        text += _as_given(params, canonical).encode()
        ends.append(len(text))
        keys += identity.short(canonical)
        programs += identity.short(_program(params))
        costs.append(cost_of(params))
    return Expansion(
        text=text,
        ends=np.frombuffer(ends, dtype=np.int64),
        first=identity.firsts(keys),
        programs=identity.firsts(programs),
        costs=np.frombuffer(costs, dtype=np.float64),
    )


def _as_given(params: Mapping[str, Any], canonical: str) -> str:
    """Params as JSON in the search's own order of names, which is that of the columns of ``cv_results_``."""
    names = list(params)
    return canonical if names == sorted(names) else json.dumps(params, ensure_ascii=False, separators=(",", ":"))


def _program(params: Mapping[str, Any]) -> str:
    """What a program is traced from: all but the values of floats; zero and others are two, as layers ask for it."""
    return identity.canonical({name: bool(v) if type(v) is float else v for name, v in params.items()})
