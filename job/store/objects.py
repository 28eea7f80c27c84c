"""A store of objects by the library ``obstore``, with patience of our own and a settlement for lost answers."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_before_delay, wait_random_exponential

from job.errors import Missing, StoreError
from job.store import calls
from job.store.contract import Entry, Version
from job.store.faults import FAULTS, CallPlace, Refused, Transient
from job.store.names import checked

if TYPE_CHECKING:
    from obstore import GetOptions, PutMode, UpdateVersion
    from obstore.store import ObjectStore

T = TypeVar("T")
IN_FLIGHT = 64
"""How many small objects are read at the same time."""
PART = 16 * 2**20
"""Bytes of one request for a big object."""
PARTS_IN_FLIGHT = 4
SILENT = 5.0
"""Seconds between two warnings of one store."""
UNANSWERED = 10.0
"""Seconds of waiting for one call after which it is told that it is waited for."""
log = logging.getLogger(__name__)


class Handles(Protocol):
    """The library's ways into one place."""

    @property
    def reading(self) -> "ObjectStore":
        """For reads; the library may retry them."""

    @property
    def writing(self) -> "ObjectStore":
        """For writes that may be repeated blindly; the library may retry them."""

    @property
    def conditional(self) -> "ObjectStore":
        """For writes never retried by the library, so that we know whose write it was."""


@dataclass(frozen=True)
class Connected:
    """Handles that were made beforehand."""

    reading: "ObjectStore"
    writing: "ObjectStore"
    conditional: "ObjectStore"


class Objects:
    """A ``Store``; its methods are told there."""

    def __init__(self, url: str, handles: Handles, patience: float) -> None:
        """Take where it is (without credentials), the ways in, and the seconds to try while a fault may pass."""
        self.url = url
        self._handles = handles
        self._patience = patience
        self._told = float("-inf")

    def create(self, key: str, data: bytes) -> bool:
        """See Store."""
        return calls.wait(self._conditional(checked(key), data, None))

    def write(self, key: str, data: bytes) -> None:
        """See Store."""
        calls.wait(self._write(checked(key), data))

    def read(self, key: str) -> bytes:
        """See Store."""
        return calls.wait(self._read(checked(key)))[0]

    def read_version(self, key: str) -> tuple[bytes, Version]:
        """See Store."""
        return calls.wait(self._read(checked(key)))

    def swap(self, key: str, data: bytes, expected: Version | None) -> bool:
        """See Store."""
        return calls.wait(self._conditional(checked(key), data, expected))

    def list(self, prefix: str) -> "list[Entry]":
        """See Store."""
        if prefix:
            checked(prefix)
        return sorted(calls.wait(self._patiently("listing", prefix, lambda: self._entries(prefix))))

    def read_many(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """See Store."""
        yield from _ahead((self._named(checked(key)) for key in keys), IN_FLIGHT)

    def delete(self, key: str) -> None:
        """See Store."""
        with suppress(Missing):
            calls.wait(self._delete(checked(key)))

    def head(self, key: str) -> tuple[int, Version]:
        """See Store."""
        return calls.wait(self._head(checked(key)))

    def parts(self, key: str, size: int, version: Version) -> Iterator[bytes]:
        """See Store."""
        ranges = ((start, min(start + PART, size)) for start in range(0, size, PART))
        yield from _ahead((self._part(key, start, end, version) for start, end in ranges), PARTS_IN_FLIGHT)

    async def _write(self, key: str, data: bytes) -> None:
        await self._patiently("writing", key, lambda: obstore.put_async(self._handles.writing, key, data))

    async def _delete(self, key: str) -> None:
        await self._patiently("deleting", key, lambda: obstore.delete_async(self._handles.reading, key))

    async def _conditional(self, key: str, data: bytes, expected: Version | None) -> bool:
        doubtful = False  # whether a write of ours may have been stored though its answer was lost
        refusals = (AlreadyExistsError, PreconditionError, *([FileNotFoundError] if expected else []))

        async def attempt() -> bool:
            nonlocal doubtful
            try:
                await obstore.put_async(self._handles.conditional, key, data, mode=_mode(expected), use_multipart=False)
            except refusals:
                return await self._settled(key, data, expected, doubtful=doubtful)
            except FAULTS:
                doubtful = True
                raise
            return True

        return await self._patiently("writing", key, attempt)

    async def _settled(self, key: str, data: bytes, expected: Version | None, *, doubtful: bool) -> bool:
        """After a refused conditional write: whether what lies there is ours, by reading back."""
        stored, version = None, None
        with suppress(Missing):
            stored, version = await self._get(key)
        if version == expected:  # refused though nothing stands against it: two writers met, and the server gave up
            raise Transient(f"store {self.url}: writing {key}: somebody else wrote it at the same time; try again")
        return doubtful and stored == data

    async def _read(self, key: str) -> tuple[bytes, Version]:
        return await self._patiently("reading", key, lambda: self._get(key))

    async def _named(self, key: str) -> tuple[str, bytes]:
        return key, (await self._read(key))[0]

    async def _get(self, key: str) -> tuple[bytes, Version]:
        try:
            answer = await obstore.get_async(self._handles.reading, key)
            data = (await answer.bytes_async()).to_bytes()
        except FAULTS as error:
            raise CallPlace(self.url, "reading", key).error(error) from error
        return data, Version(answer.meta["e_tag"], answer.meta["version"])

    async def _entries(self, prefix: str) -> Sequence[Entry]:
        pages = obstore.list(self._handles.reading, prefix or None, chunk_size=1000)
        return [Entry(meta["path"], meta["size"]) async for page in pages for meta in page]

    async def _patiently(self, doing: str, key: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until it works, until the fault is one that lasts, or until patience ends."""
        place = CallPlace(self.url, doing, key)

        async def once() -> T:
            try:
                return await attempt()
            except FAULTS as error:
                raise place.error(error) from error

        retrying = AsyncRetrying(
            stop=stop_before_delay(self._patience),
            wait=wait_random_exponential(multiplier=0.2, max=10),
            retry=retry_if_exception_type(Transient),
            before_sleep=self._tell,
            reraise=True,
        )
        waiting = asyncio.get_running_loop().call_later(UNANSWERED, self._tell_waiting, place)
        try:
            return await retrying(once)
        except Transient as fault:
            raise StoreError(
                f"{fault}; gave up after {self._patience:g} s (TUNEJOB_STORE_PATIENCE sets how many). "
                "What is stored is safe: run again when the store answers"
            ) from fault
        finally:
            waiting.cancel()

    def _tell(self, state: RetryCallState) -> None:
        """Say that we try again."""
        self._warn(f"{state.outcome and state.outcome.exception()}; trying again for up to {self._patience:g} s")

    def _tell_waiting(self, place: CallPlace) -> None:
        """Say that a server which neither answers nor refuses is waited for."""
        self._warn(place.waiting(UNANSWERED, self._patience))

    def _warn(self, sentence: str) -> None:
        """Say something of the store, but not for each of many calls that wait for the same server."""
        now = time.monotonic()
        if now - self._told > SILENT:
            self._told = now
            log.warning("%s", sentence)

    async def _head(self, key: str) -> tuple[int, Version]:
        try:
            meta = await self._patiently("reading", key, lambda: obstore.head_async(self._handles.reading, key))
        except (Missing, Refused):
            await self._read(key)  # the answer to HEAD has no body that says why; this one's has
            raise
        return meta["size"], Version(meta["e_tag"], meta["version"])

    async def _part(self, key: str, start: int, end: int, version: Version) -> bytes:
        """Bytes from start to end (without) of the very object that was asked about."""

        async def attempt() -> bytes:
            options: GetOptions = {"range": (start, end), "if_match": version.e_tag}
            try:
                answer = await obstore.get_async(self._handles.reading, key, options=options)
            except PreconditionError as error:
                raise StoreError(f"store {self.url}: {key} was overwritten while it was read; read it again") from error
            return (await answer.bytes_async()).to_bytes()

        return await self._patiently("reading", key, attempt)


def _ahead(work: Iterator[Coroutine[Any, Any, T]], at_once: int) -> Iterator[T]:
    """Await many coroutines in order, so many at once, and drop what is under way when nobody wants the rest."""
    flying = deque(calls.start(one) for one in islice(work, at_once))
    try:
        while flying:
            yield flying.popleft().result()
            flying.extend(calls.start(one) for one in islice(work, 1))
    finally:
        for future in flying:
            future.cancel()


def _mode(expected: Version | None) -> "PutMode":
    if expected is None:
        return "create"
    mode: UpdateVersion = {}
    if expected.e_tag is not None:  # the library takes no None here
        mode["e_tag"] = expected.e_tag
    if expected.version is not None:
        mode["version"] = expected.version
    return mode
