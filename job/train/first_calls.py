"""Seconds that Keras takes to trace a model's functions: what their first call takes beyond the second."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any


@dataclass
class Calls:
    """The first two calls of one of a model's functions: seconds of each."""

    seconds: list[float] = field(default_factory=list)

    @property
    def tracing(self) -> float:
        """What the first takes beyond the second; all of it where there was no other."""
        return max(0.0, self.seconds[0] - sum(self.seconds[1:])) if self.seconds else 0.0


@contextmanager
def watched(model: Any, *kinds: str) -> Iterator[Callable[[], float]]:
    """Watches the first calls of functions that Keras is yet to make, inside; one that it has made is traced already.

    Args:
        model: compiled.
        kinds: "train", "test" or "predict".

    Returns:
        A function that tells the seconds of tracing so far, and of the compiling that goes with it.
    """
    found: list[Calls] = []
    with ExitStack() as stack:
        if not model.run_eagerly and model.steps_per_execution == 1:
            found += [stack.enter_context(_watched(model, kind)) for kind in kinds]
        yield lambda: sum(one.tracing for one in found)


@contextmanager
def _watched(model: Any, kind: str) -> Iterator[Calls]:
    name, calls = f"{kind}_function", Calls()
    is_made = getattr(model, name, None) is not None
    if not is_made:
        getattr(model, f"make_{name}")()
    function = getattr(model, name, None)
    if is_made or function is None:  # a model's own way to train may need none
        yield calls
        return

    def timed(*given: Any) -> Any:
        began = perf_counter()
        result = function(*given)
        calls.seconds.append(perf_counter() - began)
        if len(calls.seconds) == 2:
            setattr(model, name, function)
        return result

    setattr(model, name, timed)
    try:
        yield calls
    finally:
        if getattr(model, name) is timed:
            setattr(model, name, function)
