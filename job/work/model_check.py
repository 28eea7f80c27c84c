"""One model built and compared with the task, so that broken code fails here and not in a thousand workers."""

import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from job.data.rows import Fold, Rows
from job.errors import DataError, UsageError
from job.plan.plan import Facts, FitTime, ForeseenWay, TraceTime, Trial
from job.study import search, usercode
from job.study.study import Study
from job.train import failures, pulse
from job.train.fits import Build, FitRequest, Material

if TYPE_CHECKING:
    from job.work.scorer_calls import Untrained

TRIED = 5
"""Trials whose model is built, where that of the first raises: one bad corner of a space is no broken study."""
_SHARDS = 8  # that a study is likely to have on one machine
_COUNTED = 20  # trials of which it is seen which programs they need
STEP_FAILS = "training one batch fails"
FIT_FAILS = "fitting one fails"
"""How the notes begin of a model and of an estimator that was built and can't be trained."""
EXPLAINED = 200
"""Trials of which it is told how they will be trained."""
_NO_WIDTH = "no `None` dimensions"
_WIDTH = (
    "A layer has no width yet. A lookup that is adapted later, such as StringLookup with one_hot output, knows its own "
    "when it is given max_tokens and pad_to_max_tokens=True."
)
_SEEN = 10_000
"""Candidates among which those tried are looked for."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A study with its code and data.

    Attributes:
        study: as declared.
        facts: known so far.
        build: the user's.
        rows: of its data.
        folds: of the rows.
        folder: where its code lies.
        scorers: by name.
    """

    study: Study
    facts: Facts
    build: Build
    rows: Rows
    folds: Sequence[Fold]
    folder: Path
    scorers: Mapping[str, Any]

    @cached_property
    def material(self) -> Material:
        """What its fits share."""
        return Material.of(self.rows, self.study, self.folder)

    @property
    def candidates(self) -> Iterator[Mapping[str, Any]]:
        """Its trials' params, in their order."""
        known = self.facts.candidates
        return search.candidates(self.study) if known is None else iter(known)

    @property
    def count(self) -> int:
        """How many trials it has, as far as they are counted here."""
        known = self.facts.candidates
        return min(search.size(self.study) if known is None else len(known), _SEEN)


def one_model(given: Loaded) -> "tuple[Untrained | None, list[str], TraceTime | None]":
    """Builds the model of the first trial that builds, compares it with the task, and trains, saves and loads it once.

    Returns:
        What gives its model's predictions, near enough untrained, None where a batch can't be trained; sentences
        for the user; and what tracing it is likely to take.

    Raises:
        UsageError: what was built contradicts the task or can't be saved, or the fit's settings contradict either.
        DataError: ``build`` raised for every trial that was tried.
    """
    from job.train import advice, building, device_faults, requests, trace_cost  # TensorFlow, which not all have

    causes: list[tuple[str, Mapping[str, Any]]] = []
    for trial in spread(given.study, given.facts):
        request = requests.make(given.study, given.facts, trial, 0, given.folds[0], given.rows)
        try:
            with pulse.excused(f"building a model with {_given(trial)}"):
                model = building.check(request, given.build, given.material)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever the user's build raises is told below
            device_faults.check(error)
            causes.append((cause_of(error, given.folder), trial.params))
        else:
            outputs = building.ready(model, given.material, request)
            told = list(advice.of(model, outputs, given.material, given.scorers))
            untrained, said = _rehearsed(given, request)
            return untrained, [*dropped("`build`", causes, len(causes) + 1), *told, *said], trace_cost.of(model)
    raise DataError(_told(causes))


def _rehearsed(given: Loaded, request: FitRequest) -> "tuple[Untrained | None, list[str]]":
    """What a step of training gives, and what it says that is no mistake of the study."""
    from job.train import device_faults, rehearsal

    try:
        found = rehearsal.step(request, given.build, given.material)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001  # a failed fit is data; other trials may do better
        device_faults.check(error)
        return None, [f"{STEP_FAILS}, with {dict(request.params)}: {cause_of(error, given.folder)}"]
    rehearsal.watched(found, request.settings, given.material)
    notes = [found.note] if found.note else []
    if wrong := rehearsal.saved(found):
        if given.study.refit is not False:
            raise UsageError(wrong)
        notes.append(f"{wrong.partition('. ')[0]}; with `refit: false` that does no harm")
    from job.work.scorer_calls import Untrained

    return Untrained(partial(rehearsal.predictions, found, given.rows), found.run.predict), notes


def measured(given: Loaded) -> FitTime | None:
    """Times as many fits as a shard is likely to have; None when all failed."""
    from job.train import requests, timing  # TensorFlow, which a laptop can do without
    from job.train.trainer import Trainer

    def made(trial: Trial, folds: Sequence[Fold]) -> list[FitRequest]:
        return [
            requests.make(given.study, given.facts, trial, index, fold, given.rows) for index, fold in enumerate(folds)
        ]

    drawn = islice(given.candidates, -(-given.count // _SHARDS))
    shard = [Trial(number, params) for number, params in enumerate(drawn)]
    trainer = Trainer(given.build, given.material)
    asked = [one for trial in shard for one in made(trial, given.folds)]
    found = timing.measure(asked, trainer, given.rows, given.scorers)
    if found is None:
        return None
    some = [one for trial in spread(given.study, given.facts, _COUNTED) for one in made(trial, given.folds[:1])]
    return found.model_copy(update={"programs": trainer.programs(some)})


def ways(given: Loaded) -> tuple[ForeseenWay, ...]:
    """Tells how the fits of the first trials will be trained, and why; models are traced, and nothing is trained."""
    from job.train import requests  # TensorFlow, which a laptop can do without
    from job.train.trainer import Trainer

    trials = [Trial(number, params) for number, params in enumerate(islice(given.candidates, EXPLAINED))]
    asked = [
        requests.make(given.study, given.facts, trial, index, fold, given.rows)
        for trial in trials
        for index, fold in enumerate(given.folds)
    ]
    told = Trainer(given.build, given.material).explain(asked)
    return tuple(ForeseenWay(fits=fits, way=way, why=why) for fits, way, why in told)


def spread(study: Study, facts: Facts, tried: int = TRIED) -> Iterator[Trial]:
    """The first trial, then some others from all over the search."""
    drawn = search.candidates(study) if facts.candidates is None else iter(facts.candidates)
    count = min(search.size(study) if facts.candidates is None else len(facts.candidates), _SEEN)
    wanted = {count * place // (tried - 1) for place in range(tried - 1)} | {count - 1}
    for number, params in enumerate(islice(drawn, count)):
        if number in wanted:
            yield Trial(number, params)


def _given(trial: Trial) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in trial.params.items()) or "no parameters"


def cause_of(error: Exception, folder: Path) -> str:
    """An exception of the user's code in one line: its kind, message and place, and what to do where that is known."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder.resolve())]
    place = f" ({Path(own[-1].filename).name}, line {own[-1].lineno}, in {own[-1].name})" if own else ""
    return f"{failures.brief(error)}{place}{usercode.remedy(error, folder)}"


def dropped(what: str, causes: Sequence[tuple[str, Mapping[str, Any]]], tried: int) -> list[str]:
    """A note on the trials for which the user's function raised, where it made something of others.

    Args:
        what: names the function.
        causes: why, and with which params.
        tried: how many trials it was called for.
    """
    examples = dict(reversed(causes))
    told = "; ".join(f"{cause}, with {dict(examples[cause])}" for cause in dict.fromkeys(cause for cause, _ in causes))
    return [f"{what} raised for {len(causes)} of {tried} trials that were tried: {told}"] if causes else []


def _told(causes: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Why no model can be built, the causes grouped and counted."""
    examples = dict(reversed(causes))
    counts = Counter(cause for cause, _ in causes)
    lines = [f"  {count} ×: {cause}, such as with {dict(examples[cause])}" for cause, count in counts.most_common()]  # noqa: RUF001
    tried = "the only trial" if len(causes) == 1 else f"all {len(causes)} trials that were tried"
    remedy = [_WIDTH] if any(_NO_WIDTH in cause for cause, _ in causes) else []
    return "\n".join([f"No model can be built: `build` raised for {tried}.", *lines, *remedy])
