"""Every name in the store, in one place."""

from dataclasses import dataclass

from job.errors import UsageError
from job.store.names import LABEL, checked, checked_study, shard_number, word

LIVE = "_live"
"""Where each run that is under way has a mark, of whichever study: no study can have this name."""


def runs_prefix(study: str) -> str:
    """Where all runs of a study lie."""
    return f"{checked_study(study)}/runs"


def champion(study: str) -> str:
    """The model in use; changed by compare-and-swap only."""
    return f"{checked_study(study)}/champion.json"


def champion_model(study: str, digest: str) -> str:
    """The model of a champion, by its own digest: of no run, so that it stays when runs are deleted."""
    return f"{checked_study(study)}/champions/{word(digest[:16], 'a digest')}/model.keras"


def champion_pipeline(study: str, digest: str) -> str:
    """The estimator around the model of a champion, where the study's models are scikit-learn estimators."""
    return f"{checked_study(study)}/champions/{word(digest[:16], 'a digest')}/pipeline.skops"


def champion_usage(study: str, digest: str) -> str:
    """How to use the model of a champion."""
    return f"{checked_study(study)}/champions/{word(digest[:16], 'a digest')}/README.md"


def past_champions(study: str) -> str:
    """Where champions that others replaced lie."""
    return f"{checked_study(study)}/champions"


def past_champion(study: str, serial: int) -> str:
    """A champion that another one replaced, by its number."""
    return f"{checked_study(study)}/champions/{serial:06d}.json"


def retunes_prefix(study: str) -> str:
    """Where what every retune of a study came to lies."""
    return f"{checked_study(study)}/retunes"


def retune(study: str, name: str) -> str:
    """What one retune came to; written once."""
    return f"{retunes_prefix(study)}/{word(name, 'a retune')}.json"


def retune_report(study: str, name: str) -> str:
    """One retune told to a person."""
    return f"{retunes_prefix(study)}/{word(name, 'a retune')}.html"


def retunes_report(study: str) -> str:
    """All retunes of a study told to a person."""
    return f"{checked_study(study)}/retunes.html"


def fits(study: str) -> str:
    """Names the newest index of fits; changed by compare-and-swap only."""
    return f"{checked_study(study)}/fits.json"


def fits_index(study: str, run: str) -> str:
    """Which fits there are to be taken over, once a run has added its own."""
    return f"{checked_study(study)}/fits/{word(run, 'a run')}.npz"


def searched_prefix(study: str) -> str:
    """Where what searches in Python sent lies, by its digest: rows, folds, estimators."""
    return f"{checked_study(study)}/data"


def searched(study: str, digest: str, name: str) -> str:
    """Something that a search sent."""
    return f"{searched_prefix(study)}/{word(digest, 'a digest')}/{name}"


def prepared_prefix(study: str) -> str:
    """Where all that ``prepare`` workers of a study found out lies, until it is part of a run."""
    return f"{checked_study(study)}/prepared"


def prepared(study: str, nonce: str, name: str) -> str:
    """What one ``prepare`` worker found out, before the run has a name."""
    return checked(f"{prepared_prefix(study)}/{word(nonce, 'a nonce')}/{name}")


@dataclass(frozen=True)
class RunKeys:
    """The keys of one run of a study; building it checks both names."""

    study: str
    run: str

    def __post_init__(self) -> None:
        checked_study(self.study)
        if not LABEL.fullmatch(self.run) or len(self.run) > 63:
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
        return f"{self.prefix}/shards/{shard_number(i)}.json"

    @property
    def results_prefix(self) -> str:
        """Where all result objects lie."""
        return f"{self.prefix}/results"

    def results_of(self, shard: int) -> str:
        """Where one shard's results lie: a segment of its own, so that a worker lists its own and no other's."""
        return f"{self.results_prefix}/{shard_number(shard)}"

    def result(self, shard: int, group: str) -> str:
        """The results of one group of fits, a line of JSON each."""
        return f"{self.results_of(shard)}/{word(group, 'a group')}.jsonl"

    def outputs(self, shard: int, group: str) -> str:
        """What the models of a group predicted, for as many of its fits as it is kept of."""
        return f"{self.prefix}/outputs/{shard_number(shard)}/{word(group, 'a group')}.npz"

    def scored_anew(self, shard: int) -> str:
        """Which of a shard's fits are scored from what earlier runs' models predicted."""
        return f"{self.prefix}/anew/{shard_number(shard)}.json"

    @property
    def attempts_prefix(self) -> str:
        """Where all marks of attempts lie."""
        return f"{self.prefix}/attempts"

    def attempts_of(self, shard: int) -> str:
        """Where the marks of tries at one shard lie."""
        return f"{self.attempts_prefix}/{shard_number(shard)}"

    def attempt(self, shard: int, nonce: str) -> str:
        """The mark of one worker's try at one group: the fits in flight."""
        return f"{self.attempts_of(shard)}/{word(nonce, 'a nonce')}.json"

    def shape(self, shape: str) -> str:
        """Why fits of a shape go by themselves, as the first worker found out for all."""
        return f"{self.prefix}/shapes/{word(shape, 'a shape')}.json"

    def states_of(self, shard: int) -> str:
        """Where the states of one shard's groups lie."""
        return f"{self.prefix}/states/{shard_number(shard)}"

    def state(self, shard: int, group: str) -> str:
        """The state of a group that trains for long; gone once its results are there."""
        return f"{self.states_of(shard)}/{word(group, 'a group')}.npz"

    def attempt_shards(self, n: int) -> str:
        """The list that turns completion indexes of the n-th Job into shards."""
        return f"{self.prefix}/jobs/{shard_number(n)}.json"

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


def outputs_beside(result: str) -> str:
    """Where what the models of a result object's fits predicted lies."""
    study, _, run, _, _, name = result.split("/")
    return RunKeys(study, run).outputs(shard_of(result), name.removesuffix(".jsonl"))


def run_of(key: str) -> str:
    """The run that a key names."""
    return key.split("/")[2]


def shard_of(key: str) -> int:
    """The shard that a result's or an attempt's key names."""
    return int(key.rsplit("/", 2)[-2])
