"""From a study and its facts to the plan: which trials, in which shards, under which name."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from job.plan import changes, cost, identity, packing, sharing
from job.plan.expansion import Expansion, expand
from job.plan.plan import Facts, Plan, Shard, Tracing
from job.study.study import Study

_NO_SCORE: Any = {
    "format": True,
    "store": True,
    "cluster": True,
    "workers": True,
    "files": True,
    "retune": True,
    "limits": {"run", "fits"},
}
"""What of a study decides no score: where results go, who trains, and when a run stops to be resumed."""
_SHOWN = 160


def parts(study: Study, facts: Facts) -> dict[str, str]:
    """Returns what the digest covers, by name: the study's fields as JSON, data, folds, code and versions."""
    fields = study.model_dump(mode="json", exclude=_NO_SCORE, exclude_none=True)
    versions = {name: identity.minor(facts.versions.get(name, "none")) for name in identity.VERSIONS}
    found = {"data": facts.fingerprint, "folds": facts.folds_digest, "code": facts.code_digest, "task": facts.task}
    covered = {f"facts.{name}": text for name, text in found.items()} | versions
    imported = identity.packages(facts.scores_by | facts.trains_by)
    covered |= {f"{changes.PACKAGE}{name}": version for name, version in imported.items()}
    if facts.champion is not None:
        covered["facts.champion"] = identity.canonical(facts.champion)
    if facts.again:
        covered[changes.AGAIN] = str(facts.again)
    return _flat(fields) | covered | {changes.NUMBERS: str(identity.NUMBERS)}


def digest(parts: Mapping[str, str]) -> str:
    """Returns the digest that names a run."""
    return identity.digest("tunejob plan 1", identity.canonical(parts))


def run_name(study: Study, facts: Facts) -> str:
    """Returns the name of the run that this study with these facts is, planned or not."""
    return _name(study, digest(parts(study, facts)))


def make(
    study: Study,
    facts: Facts,
    workers: int,
    *,
    tracing: Tracing | None = None,
    commit: str | None = None,
    expansion: Expansion | None = None,
) -> Plan:
    """Plans a run.

    Args:
        study: what to run.
        facts: what ``prepare`` found out.
        workers: how many will take shards.
        tracing: what is assumed of it, see ``sharing``; the plan is the same for the same.
        commit: the git commit of the study's folder.
        expansion: the study's trials where they are at hand, since expanding takes long for many.

    Raises:
        StudyMistakes: more fits than ``limits.fits`` allows, told before anything is expanded.
    """
    trials = expansion or expand(study, facts)
    unique, folds = trials.unique, len(facts.fold_sizes)
    seconds = cost.seconds(study, facts, float(trials.costs[unique].sum()))
    programs = trials.programs[unique]
    start = facts.import_seconds + facts.data_seconds
    usual = packing.count(len(unique), len(np.unique(programs)), workers, seconds, start)
    shards = sharing.count(trials.costs[unique], programs, usual, workers, tracing)
    packed = sharing.pack(trials.costs[unique], programs, shards, workers, tracing)
    covered = parts(study, facts)
    name = digest(covered)
    return Plan(
        study=study.name,
        run=_name(study, name),
        digest=name,
        digest_parts={part: _shown(text) for part, text in covered.items()},
        trials=len(trials),
        duplicates=len(trials) - len(unique),
        folds=folds,
        fits=len(unique) * folds,
        shards=shards,
        costs=tuple(float(f"{one:.6g}") for one in packed.costs),
        workers=workers,
        tracing=tracing,
        facts=facts,
        commit=commit,
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def shards(study: Study, plan: Plan, *, expansion: Expansion | None = None) -> Iterator[Shard]:
    """Yields a plan's shards in order, each with its trials in theirs: the same ones for the same study and plan."""
    trials = expansion or expand(study, plan.facts)
    unique = trials.unique
    packed = sharing.pack(trials.costs[unique], trials.programs[unique], plan.shards, plan.workers, plan.tracing)
    shard_of = np.empty(len(trials), dtype=np.int64)
    shard_of[unique] = packed.shard
    shard_of = shard_of[trials.first]  # a duplicate follows its twin
    order = np.argsort(shard_of, kind="stable")
    ends = np.cumsum(np.bincount(shard_of, minlength=plan.shards))
    for index, numbers in enumerate(np.split(order, ends[:-1])):
        yield Shard(index=index, trials=tuple(trials.trial(int(number)) for number in numbers))


def tracing_told(study: Study, plan: Plan, *, expansion: Expansion | None = None) -> str:
    """Returns what a plan assumes of tracing and what came of it, in words; "" where it assumes nothing."""
    if plan.tracing is None:
        return ""
    trials = expansion or expand(study, plan.facts)
    unique = trials.unique
    programs = trials.programs[unique]
    packed = sharing.pack(trials.costs[unique], programs, plan.shards, plan.workers, plan.tracing)
    return sharing.told(packed, programs, plan.tracing)


def differences(before: Plan, after: Plan) -> list[str]:
    """Returns a sentence for each thing that makes two plans two runs; none when they are one."""
    old, new = before.digest_parts, after.digest_parts
    changed = changes.names(before, after)
    if not changed and before.digest != after.digest:
        return changes.between(before, after)
    return [one for name in changed for one in _difference(name, old.get(name), new.get(name), before, after)]


def is_outdated(before: Plan, after: Plan) -> bool:
    """Whether nothing but the version of the numbers makes two plans two runs."""
    return changes.names(before, after) == [changes.NUMBERS]


_SENTENCES = {
    "facts.data": "the data differs (its fingerprint was {}, is {})",
    "facts.folds": "the folds' rows differ (their digest was {}, is {})",
    "facts.code": "the code beside the study differs (its digest was {}, is {})",
    "facts.task": "the task was {}, is {}",
}


def _difference(name: str, old: str | None, new: str | None, before: Plan, after: Plan) -> list[str]:
    if name == changes.NUMBERS:
        return [f"this version computes numbers otherwise (version {old or 1} of them then, {new} now)"]
    if name == "facts.code" and before.facts.files and after.facts.files:
        return list(changes.files(before.facts.files, after.facts.files))
    if name == changes.AGAIN:
        return [f"fits that failed in a retune are {'' if new else 'not '}trained again"]
    if name in _SENTENCES:
        return [_SENTENCES[name].format((old or "unknown")[:12], (new or "unknown")[:12])]
    if name == "facts.champion":
        return [f"the champion's parameters, a trial of each retune, were {old or 'none'}, are {new or 'none'}"]
    said = f"{name} was {old}, is {new}"
    if old is None or new is None:
        said = f"{name} is new: {new}" if old is None else f"{name} is gone: it was {old}"
    return [said]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """Fields by dotted path, two deep, so that a difference can be told where it is."""
    if isinstance(value, dict) and path.count(".") < 1:
        return {k: v for key, one in value.items() for k, v in _flat(one, f"{path}.{key}".lstrip(".")).items()}
    return {path: json.dumps(value, sort_keys=True, ensure_ascii=False)}


def _name(study: Study, digest: str) -> str:
    return f"{study.name}-{digest[:10]}"


def _shown(text: str) -> str:
    """Long values by their digest: plans stay small."""
    return text if len(text) <= _SHOWN else f"{text[:60]}… (digest {identity.digest(text)[:12]})"
