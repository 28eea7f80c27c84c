"""Where a trial's parameters go: to ``build``, to the fit by name, or to both."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from job.study import space, usercode, wording
from job.study.mistakes import Mistake, Place, listed, nearest
from job.study.study import FitSettings, Study
from job.study.usercode import sources
from job.study.usercode.signatures import ANY

_ESTIMATORS = re.compile(rb"\bKeras(Classifier|Regressor)\b")
FIT = tuple(FitSettings.model_fields)
"""What the fit knows by name."""


def split(
    study: Study, build_parameters: Collection[str], params: Mapping[str, Any]
) -> tuple[dict[str, Any], FitSettings]:
    """The arguments of ``build``, and the study's fit settings with the trial's own values put in.

    A parameter that both know goes to both. ``"**"`` among ``build``'s parameters means that it takes any.

    Raises:
        ValidationError: a value is none that the fit can take.
    """
    takes_any = ANY in build_parameters
    build = {name: value for name, value in params.items() if takes_any or name in build_parameters}
    own = {name: value for name, value in params.items() if name in FIT}
    return build, FitSettings(**{**dict(study.fit), **own}) if own else study.fit


def find(study: Study, folder: Path | None) -> Iterator[Mistake]:
    """Parameters of the space that fit neither ``build`` nor the fit, and those that ``build`` needs and lacks."""
    if folder is None:
        return
    try:
        takes = usercode.signature(study.model, folder)
    except SyntaxError:
        return  # told where the module is looked for
    function = study.model.partition(":")[2]
    if takes.required[:1] in (("hp",), ("hyperparameters",)):
        yield Mistake(("model",), _of_keras_tuner(function, takes.required[0], study))
        return
    if _names_an_estimator(study, folder):
        return  # what it returns takes more, by nested names: preparing tells
    for index, one in enumerate(study.space):
        for name in one:
            if name not in takes.names and ANY not in takes.names and name not in FIT:
                taken = f"`{function}` takes {listed(takes.names) or 'nothing'}, the fit {listed(FIT)}"
                near = _of_scikeras(name, takes.names) or nearest(name, [*takes.names, *FIT])
                message = f"neither `{function}` nor the fit takes `{name}`; {taken}.{near}"
                yield Mistake(("space", index, name), message)
        if lacking := [name for name in takes.required if name not in one]:
            yield Mistake(
                ("space", index),
                f"`{function}` needs {listed(lacking)}, which the space does not give; add it to the space, even as a "
                f"list of one, or give it a default in module `{study.model.partition(':')[0]}`.",
            )


def _names_an_estimator(study: Study, folder: Path) -> bool:
    """Whether the model's module beside the study names an estimator of ours, so that it may return one."""
    source = sources.beside(study.model.partition(":")[0], folder)
    return source is not None and source.is_file() and _ESTIMATORS.search(source.read_bytes()) is not None


def _of_keras_tuner(function: str, taken: str, study: Study) -> str:
    """The sentence for KerasTuner's own form of a function, which draws its values itself."""
    names = list(dict.fromkeys(name for one in study.space for name in one if name not in FIT)) or ["units"]
    return (
        f"`{function}({taken})` is written for KerasTuner; here it takes a trial's values by name, and `space` in the "
        f"study says what they may be: `def {function}({', '.join(names)}):`, with `{names[0]}` in place of "
        f'`{taken}.Int("{names[0]}", …)`.'
    )


def _of_scikeras(name: str, taken: Sequence[str]) -> str:
    """The remedy for a name as SciKeras and scikit-learn's pipelines route it, such as ``model__units``."""
    first, routed, plain = name.rpartition("__")
    if not routed or not first:
        return ""
    there = "" if plain in (*taken, *FIT) else f", which `build` has to take: `def build({plain}, …)`"
    return f" SciKeras and pipelines route names such as `{name}`; here it is plain `{plain}`{there}."


def find_values(study: Study, folder: Path | None = None) -> Iterator[Mistake]:
    """Values that the fit can't take: of a list each, of what is drawn or spaced the first that is wrong."""
    del folder
    for index, one in enumerate(study.space):
        for name in [name for name in one if name in FIT and not space.is_own(one[name])]:
            place = ("space", index, name)
            if any(space.mistakes(one[name], place)):
                continue
            if isinstance(one[name], list):
                for position, value in enumerate(one[name]):
                    yield from _refused(name, value, (*place, position))
            else:
                wrong = (mistake for value in _some(study, one[name]) for mistake in _refused(name, value, place))
                yield from islice(wrong, 1)


def _some(study: Study, written: Any) -> Iterator[Any]:
    """Three draws of a distribution, or the first values of what is spaced."""
    built = space.built(written)
    if not hasattr(built, "rvs"):
        return islice(built, 100)
    return (built.rvs(random_state=study.seed + number) for number in range(3))


def _refused(name: str, value: Any, place: Place) -> Iterator[Mistake]:
    try:
        FitSettings.model_validate({name: space.plain(value)})
    except ValidationError as error:
        message = next(wording.mistakes(error)).message
        hint = " `randint: [low, high]` draws whole numbers." if isinstance(value, float) else ""
        yield Mistake(place, f"`{name}` goes to the fit: {message}{hint}")
