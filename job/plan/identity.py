"""What makes two fits the same fit: canonical params, seeds, digests, twins.

Params are compared as JSON with sorted keys. ``1``, ``1.0`` and ``true`` are three different values, though Python
calls them equal: ``Dense(64)`` builds and ``Dense(64.0)`` raises, and a fit too many costs less than a wrong twin.
Neither the order of keys nor a trial's number or place decides anything.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from job.data.rows import Fold, Indices
from job.plan.plan import Facts
from job.study.study import Study

NUMBERS = 4
"""The version of the numbers: raised when fits of the same study come out otherwise than by rounding.

Results of another version are never taken over: it is part of a fit's identity and of a run's digest. 1: as it was
when trials were not yet held against models of their own. 2: before what the model's code reads elsewhere told programs
apart, and a loss of the user's own could be given a column. 3: before averages that inner optimizers keep ended fits of
a group, and models that inference changes went by Keras ``fit``.
"""

VERSIONS = ("tensorflow", "keras", "scikit-learn")
"""The packages whose minor versions decide numbers."""
_BY_MINOR = ("numpy", "scipy", "pandas")
"""Packages that nearly all code imports: of these, too, the third number changes no results that it should not."""
_BESIDES = {f"named as {field}" for field in ("space", "cv", "scoring", "space and cv", "cv and scoring")}

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical(params: Mapping[str, Any]) -> str:
    """Returns params as JSON with sorted keys: equal for equal params, and ``json.loads`` gives the params back."""
    return _encode(params)


def digest(*parts: str) -> str:
    """Returns the sha256 of texts, each told apart from the next by its length."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        state.update(f"{len(data)}:".encode())
        state.update(data)
    return state.hexdigest()


def rows(numbers: Indices) -> str:
    """Returns the sha256 of row numbers in their own order."""
    return hashlib.sha256(np.ascontiguousarray(numbers, dtype="<i8").data).hexdigest()


@lru_cache(maxsize=1024)
def train_rows(of: Fold) -> str:
    """Returns ``rows`` of a fold's training rows; kept per fold, because every trial asks anew."""
    return rows(of.train)


@lru_cache(maxsize=1024)
def fold(of: Fold) -> str:
    """Returns the digest of a fold's train and test rows; kept per fold, because every trial asks anew."""
    return digest(train_rows(of), rows(of.test))


def seed(study_seed: int, params: Mapping[str, Any], train_rows: Indices | str) -> int:
    """Returns a fit's seed: 63 bits from the study's seed, its params and its fold's training rows, and nothing else.

    Args:
        study_seed: the study's ``seed``.
        params: the trial's params.
        train_rows: the fold's training rows (validation rows included) in their own order, or ``rows`` of them.
    """
    numbers = train_rows if isinstance(train_rows, str) else rows(train_rows)
    found = digest("tunejob seed 1", str(study_seed), canonical(params), numbers)
    return int(found[:16], 16) >> 1


def fit(study: Study, facts: Facts, params: Mapping[str, Any], of: Fold) -> str:
    """Returns a fit's identity: what it was trained from, wherever and whenever that was.

    Covers params, the fold's rows, the data's fingerprint, the user's code, which function builds the model, the fit's
    settings, the task, the study's seed and the version of the numbers. Not the trial's number, the fold's number, the
    scoring, or any path.
    """
    return digest(f"tunejob fit {NUMBERS}", _shared(study, facts), canonical(params), fold(of))


def _shared(study: Study, facts: Facts) -> str:
    settings = study.fit.model_dump_json(exclude_none=True)
    return digest(
        study.model, settings, facts.task, facts.fingerprint, facts.code_digest, str(study.seed), study.targets or ""
    )


def lasting(study: Study, facts: Facts) -> Callable[[Mapping[str, Any]], Iterator[bytes]]:
    """Returns what gives a trial's fits, fold by fold, the 16 bytes by which runs of other plans know them as equal.

    Covers what ``fit`` covers, but of the data the fold's own rows, all classes and what follows from them, of the code
    no file that only scores or splits; and the versions of what trains, among it the packages that the code imports.
    Two fits of equal bytes give equal scores, rounding apart. No bytes where the folds' content is not known, as older
    versions did not tell it.
    """
    versions = {name: minor(facts.versions.get(name, "none")) for name in VERSIONS}
    settings = study.fit.model_dump_json(exclude_none=True)
    shared = digest(
        f"tunejob lasting {NUMBERS}", study.model, settings, facts.task, _training_code(study, facts), str(study.seed),
        study.targets or "", str(study.threshold), str(study.reads_outputs_itself), canonical(versions),
        canonical({"classes": facts.model_dump(mode="json")["classes"]}),
        *([canonical(packages(facts.trains_by))] if facts.trains_by else []),
    )  # fmt: skip
    states = [hashlib.blake2b(f"{shared}{one}".encode(), digest_size=16) for one in facts.contents]

    def of(params: Mapping[str, Any]) -> Iterator[bytes]:
        text = canonical(params).encode("utf-8", "surrogatepass")
        for state in states:
            one = state.copy()
            one.update(text)
            yield one.digest()

    return of


def _training_code(study: Study, facts: Facts) -> str:
    """The digest of the code that decides fits: without modules that only score, split or draw, where that is sure.

    A callback's imports are followed after a scorer's, so that of one file it is not known whether both have it.
    """
    if study.fit.callbacks or not facts.files:
        return facts.code_digest
    return canonical({path: one for path, one in facts.files.items() if facts.why_files.get(path) not in _BESIDES})


def packages(versions: Mapping[str, str]) -> dict[str, str]:
    """Returns the versions of packages that code imports, as far as they decide numbers."""
    return {name: minor(one) if name in _BY_MINOR else one for name, one in versions.items()}


def minor(version: str) -> str:
    """Returns a version's first two numbers: later ones change no results that they should not."""
    return ".".join(version.split(".")[:2])


def short(text: str) -> bytes:
    """Returns 16 bytes that stand for a text: no two of 10^9 trials share them by chance."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def firsts(digests: bytes | bytearray) -> Indices:
    """Returns for each of n ``short`` digests, given one after the other, the number of the first equal one: (n,).

    Equal to its own number: the first of its kind. Of params' digests, a smaller one is the twin's number.
    """
    _, index, inverse = np.unique(np.frombuffer(digests, dtype="S16"), return_index=True, return_inverse=True)
    return index[inverse].astype(np.int64)
