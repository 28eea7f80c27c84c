"""One workload measured: every peer and tunejob, side by side."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.together import ours, peers, sameness
from benchmarks.together.given import Given
from benchmarks.together.sameness import Difference
from benchmarks.together.timing import Timing
from benchmarks.together.workloads import ROOM, Part, Workload, fits, spread

_COMPARED: dict[Part, int] = {"all": 4, "third": 4, "ninth": 6}  # trials whose every fold plain Keras trains too, twice


@dataclass(frozen=True)
class Row:
    """What was measured of one workload.

    Attributes:
        workload: its name.
        when: ISO time, UTC.
        bar: see ``Workload``, as are ``against`` and ``peak_bar``.
        part: what of it slow peers were timed on.
        timings: of all peers and tunejob.
        flops: floating-point operations of all its matrix products.
        peak: floating-point operations a second of a large matrix product, measured just before.
        differences: of scores and losses from plain Keras's.
        load: processes that wanted the processor, a minute's mean, before and after.
        bare: seconds of a process that imports TensorFlow and does nothing else, measured just before.
        imports_once: see ``Workload``, as is ``whole``.
    """

    workload: str
    when: str
    bar: float | None
    against: str
    peak_bar: float | None
    part: Part
    timings: list[Timing]
    flops: float
    peak: float
    differences: list[Difference]
    load: tuple[float, float]
    bare: float = 0.0
    imports_once: bool = False
    whole: float | None = None

    @property
    def quickest(self) -> Timing | None:
        """The run of tunejob whose whole command was the shortest."""
        return min(self.of("tunejob"), key=lambda one: one.whole, default=None)

    @property
    def allowed(self) -> float | None:
        """Seconds that its whole command may take."""
        return self.bare + self.quickest.search + ROOM if self.bare and self.quickest else None

    def of(self, prefix: str) -> list[Timing]:
        """The timings of peers whose name begins so; what was warm competes with nobody."""
        return [one for one in self.timings if one.peer.startswith(prefix) and not one.peer.endswith("-warm")]

    def best(self, prefix: str, what: str = "search") -> float | None:
        """The shortest time of theirs."""
        return min((getattr(one, what) for one in self.of(prefix)), default=None)

    def ratio(self, what: str = "search", against: str | None = None) -> float | None:
        """How many times faster tunejob's best is than the best of others."""
        mine, theirs = self.best("tunejob", what), self.best(against or self.against, what)
        return None if mine is None or theirs is None else theirs / mine

    def share_of_peak(self, timing: Timing) -> float:
        """Arithmetic of a tunejob run's steps, all workers together, as a share of the peak."""
        stepping = timing.more["stepping"] / timing.more["workers"]
        return self.flops / stepping / self.peak if stepping else 0.0

    @property
    def failures(self) -> list[str]:
        """What is not as it has to be, in words."""
        found = [
            f"{self.workload}: {one.what} differs by {one.ours:.2g} from plain Keras's, whose own differ by "
            f"{one.theirs:.2g}"
            for one in self.differences
            if not one.is_within
        ]
        ratio = self.ratio()
        if self.bar is not None and ratio is not None and ratio < self.bar:
            found.append(f"{self.workload}: {ratio:.2f} times faster than {self.against}, and {self.bar:g} is the bar")
        if self.imports_once and self.quickest and self.allowed is not None and self.quickest.whole > self.allowed:
            found.append(
                f"{self.workload}: the whole command takes {self.quickest.whole:.1f} s, and one import of TensorFlow, "
                f"the search and {ROOM} s are {self.allowed:.1f}"
            )
        whole = self.ratio("whole")
        if self.whole is not None and whole is not None and whole < self.whole:
            found.append(f"{self.workload}: the whole command is {whole:.2f} times as fast as {self.against}'s")
        shares = [self.share_of_peak(one) for one in self.of("tunejob")]
        if self.peak_bar is not None and shares and max(shares) < self.peak_bar:
            found.append(f"{self.workload}: {max(shares):.0%} of the peak, and {self.peak_bar:.0%} is the bar")
        return found

    def to_json(self) -> dict[str, Any]:
        """The row as it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Row":
        """The row that was stored."""
        timings = [Timing(**one) for one in found["timings"]]
        return cls(**found | {"timings": timings, "differences": [Difference(**one) for one in found["differences"]]})


def measure(workload: Workload, wanted: Sequence[str], part: Part, say: Any) -> Row:
    """Measures one workload: the wanted peers and numbers of tunejob's workers, one after the other."""
    whole, began = workload.given(), os.getloadavg()[0]
    sample = workload.sampled(whole, part)
    peak = peers.ask("peak")["flops"]
    bare = peers.bare_import()
    timings = []
    for name in (one for one in wanted if one.startswith("tunejob") or not workload.alone):
        if name.startswith("tunejob-"):
            count, _, warm = name.removeprefix("tunejob-").partition("-")
            timings.append(ours.run(workload.path, int(count), warm=bool(warm)))
        else:
            timings.append(peers.run(name, sample, fits(whole)))
        say(f"{workload.name}: {name} {timings[-1].search:.1f} s, whole {timings[-1].whole:.1f} s")
    say(f"{workload.name}: importing TensorFlow alone {bare:.1f} s")
    mine = None if workload.alone else next((one for one in timings if one.peer.startswith("tunejob")), None)
    return Row(
        workload=workload.name,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        bar=workload.bar,
        against=workload.against,
        peak_bar=workload.peak,
        part=part,
        timings=[_without_losses(one) for one in timings],
        flops=0.0 if workload.alone else peers.ask("products", whole)["flops"],
        peak=peak,
        differences=[] if mine is None else _differences(mine, spread(whole, _COMPARED[part])),
        load=(began, os.getloadavg()[0]),
        bare=bare,
        imports_once=workload.imports_once,
        whole=workload.whole,
    )


def _differences(mine: Timing, few: Given) -> list[Difference]:
    """Steps too small to be shared round alike under any thread count; so kernels and last bits are others as well.

    Twice, since how far a single fit with a high learning rate goes is a matter of chance.
    """
    one = peers.ask("reference", few, threads=1)
    threads = os.cpu_count() or 2
    others = [
        peers.ask("reference", few, {"TF_ENABLE_ONEDNN_OPTS": "0"}, threads=threads, nudged=1),
        peers.ask("reference", few, threads=threads, nudged=1),
    ]
    return sameness.compared({"scores": mine.scores, "losses": mine.more["losses"]}, one, *others)


def _without_losses(timing: Timing) -> Timing:
    more = {name: value for name, value in timing.more.items() if name != "losses"}
    return Timing(timing.peer, timing.fits, timing.of, timing.search, timing.whole, [], more)
