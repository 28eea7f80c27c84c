"""Every name in the store, in one place."""

import re
from dataclasses import dataclass

from job.errors import UsageError

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NONCE = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_]*")
_KEY = re.compile(r"[^/\x00-\x1f\x7f\\#]+(/[^/\x00-\x1f\x7f\\#]+)*")
STUDY_LENGTH = 40
KEY_LENGTH = 900
"""S3, GCS and Azure allow 1,024 bytes; the store's own prefix needs some."""


def checked(key: str) -> str:
    """Return a key that every kind of store can hold as it is; raises UsageError for any other."""
    parts = key.split("/")
    if not _KEY.fullmatch(key) or {".", ".."} & set(parts) or len(key.encode()) > KEY_LENGTH:
        raise UsageError(
            f"{key!r} can't be a key in a store: needed are segments parted by single slashes, "
            f"without control characters, backslashes, '#', '.' or '..', {KEY_LENGTH} bytes at most"
        )
    return key


def checked_study(name: str) -> str:
    """Return a study's name that can be part of a key and of Kubernetes names; raises UsageError for any other."""
    if not _LABEL.fullmatch(name) or len(name) > STUDY_LENGTH:
        raise UsageError(
            f"{name!r} can't be a study's name: needed are small letters, digits and '-' between them, "
            f"{STUDY_LENGTH} at most, such as 'breast-cancer'"
        )
    return name


def _word(word: str, what: str) -> str:
    if not _NONCE.fullmatch(word):
        raise UsageError(f"{word!r} can't be {what}: needed are letters, digits, '-' and '_'")
    return word


def _shard(number: int) -> str:
    if not 0 <= number < 100_000:
        raise UsageError(f"shard {number} can't be named: shards are numbered from 0 to 99999")
    return f"{number:05d}"


def runs_prefix(study: str) -> str:
    """Where all runs of a study lie."""
    return f"{checked_study(study)}/runs"


def champion(study: str) -> str:
    """The model in use; changed by compare-and-swap only."""
    return f"{checked_study(study)}/champion.json"


LIVE = "_live"
"""Where each run that is under way has a mark, of whichever study: no study can have this name."""


def champion_model(study: str, digest: str) -> str:
    """The model of a champion, by its own digest: of no run, so that it stays when runs are deleted."""
    return f"{checked_study(study)}/champions/{_word(digest[:16], 'a digest')}/model.keras"


def champion_usage(study: str, digest: str) -> str:
    """How to use the model of a champion."""
    return f"{checked_study(study)}/champions/{_word(digest[:16], 'a digest')}/README.md"


def past_champion(study: str, serial: int) -> str:
    """A champion that another one replaced, by its number."""
    return f"{checked_study(study)}/champions/{serial:06d}.json"


def retunes_prefix(study: str) -> str:
    """Where what every retune of a study came to lies."""
    return f"{checked_study(study)}/retunes"


def retune(study: str, name: str) -> str:
    """What one retune came to; written once."""
    return f"{retunes_prefix(study)}/{_word(name, 'a retune')}.json"


def retune_report(study: str, name: str) -> str:
    """One retune told to a person."""
    return f"{retunes_prefix(study)}/{_word(name, 'a retune')}.html"


def retunes_report(study: str) -> str:
    """All retunes of a study told to a person."""
    return f"{checked_study(study)}/retunes.html"


def fits(study: str) -> str:
    """Names the newest index of fits; changed by compare-and-swap only."""
    return f"{checked_study(study)}/fits.json"


def fits_index(study: str, run: str) -> str:
    """Which fits there are to be taken over, once a run has added its own."""
    return f"{checked_study(study)}/fits/{_word(run, 'a run')}.npz"


def prepared_prefix(study: str) -> str:
    """Where all that ``prepare`` workers of a study found out lies, until it is part of a run."""
    return f"{checked_study(study)}/prepared"


def prepared(study: str, nonce: str, name: str) -> str:
    """What one ``prepare`` worker found out, before the run has a name."""
    return checked(f"{prepared_prefix(study)}/{_word(nonce, 'a nonce')}/{name}")


@dataclass(frozen=True)
class RunKeys:
    """The keys of one run of a study; building it checks both names."""

    study: str
    run: str

    def __post_init__(self) -> None:
        checked_study(self.study)
        if not _LABEL.fullmatch(self.run) or len(self.run) > 63:
            raise UsageError(
                f"{self.run!r} can't be a run's name: needed are small letters, digits and '-', 63 at most"
            )

    @property
    def prefix(self) -> str:
        """Where all of the run lies."""
        return f"{runs_prefix(self.study)}/{self.run}"

    @property
    def live(self) -> str:
        """The run's mark while it is under way."""
        return f"{LIVE}/{self.study}/{self.run}"

    @property
    def study_yaml(self) -> str:
        """The study as read, with defaults filled in."""
        return f"{self.prefix}/study.yaml"

    @property
    def prepare(self) -> str:
        """What the worker that prepared found out."""
        return f"{self.prefix}/prepare.json"

    @property
    def plan(self) -> str:
        """The plan; written last, so that its presence means the run is planned."""
        return f"{self.prefix}/plan.json"

    @property
    def taken(self) -> str:
        """How many fits were taken over from which runs; its presence means that this is done."""
        return f"{self.prefix}/taken.json"

    @property
    def device(self) -> str:
        """What the first worker trained on, where the run was prepared on another kind of machine."""
        return f"{self.prefix}/device.txt"

    @property
    def folds(self) -> str:
        """The row numbers of every fold."""
        return f"{self.prefix}/folds.npz"

    def shard(self, i: int) -> str:
        """The trials of one shard."""
        return f"{self.prefix}/shards/{_shard(i)}.json"

    @property
    def results_prefix(self) -> str:
        """Where all result objects lie."""
        return f"{self.prefix}/results"

    def results_of(self, shard: int) -> str:
        """Where one shard's results lie: a segment of its own, so that a worker lists its own and no other's."""
        return f"{self.results_prefix}/{_shard(shard)}"

    def result(self, shard: int, group: str) -> str:
        """The results of one group of fits, a line of JSON each."""
        return f"{self.results_of(shard)}/{_word(group, 'a group')}.jsonl"

    @property
    def attempts_prefix(self) -> str:
        """Where all marks of attempts lie."""
        return f"{self.prefix}/attempts"

    def attempts_of(self, shard: int) -> str:
        """Where the marks of tries at one shard lie."""
        return f"{self.attempts_prefix}/{_shard(shard)}"

    def attempt(self, shard: int, nonce: str) -> str:
        """The mark of one worker's try at one group: the fits in flight."""
        return f"{self.attempts_of(shard)}/{_word(nonce, 'a nonce')}.json"

    def states_of(self, shard: int) -> str:
        """Where the states of one shard's groups lie."""
        return f"{self.prefix}/states/{_shard(shard)}"

    def state(self, shard: int, group: str) -> str:
        """The state of a group that trains for long; gone once its results are there."""
        return f"{self.states_of(shard)}/{_word(group, 'a group')}.npz"

    def attempt_shards(self, n: int) -> str:
        """The list that turns completion indexes of the n-th Job into shards."""
        return f"{self.prefix}/jobs/{_shard(n)}.json"

    @property
    def report_html(self) -> str:
        """The report for a browser."""
        return f"{self.prefix}/report.html"

    @property
    def report_md(self) -> str:
        """The report for a terminal or a pull request."""
        return f"{self.prefix}/report.md"

    @property
    def cv_results(self) -> str:
        """scikit-learn's ``cv_results_`` as a table."""
        return f"{self.prefix}/cv_results.csv"

    @property
    def best(self) -> str:
        """The best params and their scores."""
        return f"{self.prefix}/best.json"

    @property
    def model(self) -> str:
        """The refitted model."""
        return f"{self.prefix}/model.keras"

    @property
    def pipeline(self) -> str:
        """The refitted estimator without its Keras model, where the study's models are scikit-learn estimators."""
        return f"{self.prefix}/pipeline.skops"

    @property
    def refit(self) -> str:
        """What the refit tells of the model: what its outputs mean, and where it comes from."""
        return f"{self.prefix}/refit.json"

    @property
    def chosen(self) -> str:
        """Which trial is refitted, where that is not for the ranking to say."""
        return f"{self.prefix}/chosen.json"

    @property
    def status(self) -> str:
        """How far the run is, as its controller last saw it."""
        return f"{self.prefix}/status.json"


def shard_of(key: str) -> int:
    """The shard that a result's or an attempt's key names."""
    return int(key.rsplit("/", 2)[-2])
