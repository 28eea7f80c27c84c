"""The joblib backend's part that all of ours share: every call of a ``Parallel`` is known before the first is done."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from joblib.parallel import ParallelBackendBase  # type: ignore[import-untyped]

from job.study import sklearn_private

Done = Callable[[Any, BaseException | None], None]
"""Takes a call's result, or what it raised."""

_AT_ONCE = 64  # what some meta-estimators divide their work by


class AllAtOnce(ParallelBackendBase):  # type: ignore[misc]  # joblib ships no types
    """Takes note of all calls, and has them done together before joblib asks for the first result."""

    supports_retrieve_callback = True
    supports_sharedmem = True
    uses_threads = True

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._calls: list[tuple[Any, Done]] = []

    @abstractmethod
    def do(self, calls: Sequence[tuple[Any, Done]]) -> None:
        """Does all calls, and tells each what came of it."""

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many calls seem to run at once: joblib asks no backend where it is one."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        return _AT_ONCE

    def configure(self, n_jobs: int = 1, parallel: Any = None, **more: Any) -> int:
        """Has all calls submitted before any is waited for."""
        self.parallel, self._calls = parallel, []
        parallel.pre_dispatch = "all"
        return super().configure(n_jobs, parallel, **more)  # type: ignore[no-any-return]

    def submit(self, func: Any, callback: Callable[[Any], None] | None = None) -> None:
        """Takes note of a call."""

        def done(result: Any, error: BaseException | None) -> None:
            if callback is not None:
                callback((result, error))

        self._calls.append((func, done))

    apply_async = submit

    def retrieve_result_callback(self, out: tuple[Any, BaseException | None]) -> Any:
        """A call's result.

        Raises:
            BaseException: what it raised.
        """
        result, error = out
        if error is not None:
            raise error
        return result

    @contextmanager
    def retrieval_context(self) -> Iterator[None]:
        """Does all calls, before joblib asks for their results.

        Raises:
            Exception: what the calls' own generator raised, which joblib would lose where it raised before the first.
        """
        calls, self._calls = self._calls, []
        sklearn_private.raise_if_aborting(self.parallel)
        self.do(calls)
        yield
