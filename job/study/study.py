"""The study: what the user declares, as frozen values with every default filled in.

Each field reads the short forms of ``forms.py`` and is written back in them (``model_dump``), so a study read from what
was written is equal. Descriptions and examples here are what the schema, ``docs/study.md`` and messages say.
"""

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, model_validator

from job.study import form_schemas, forms
from job.study.field_types import Bound, Count, Duration, Form, Names, Number, Seed, Spec, Task, Value
from job.study.fit import Callback, EarlyStopping, FitSettings

__all__ = [
    "Callback",
    "Cluster",
    "EarlyStopping",
    "FitSettings",
    "Form",
    "Limits",
    "Notice",
    "OfOutputs",
    "Retune",
    "Search",
    "Splitter",
    "Study",
    "Task",
    "Value",
]


Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""The name of an environment variable; a URL is refused, as it would be a secret in the study."""


class Limits(Value):
    """Bounds of one fit, of the whole run, and of the number of fits."""

    fit: Annotated[Duration, Field(description="A fit that takes longer is a failed fit.", examples=["30m"])] = None
    run: Annotated[
        Duration, Field(description="A run that takes longer stops cleanly and can be resumed.", examples=["8h"])
    ] = None
    fits: Annotated[
        Count | None, Field(description="A study of more fits is refused; 1,000,000 if not given.", examples=[500])
    ] = None


class Cluster(Value):
    """How a run goes through a Kubernetes cluster; no score depends on it. Pods themselves are the PodTemplate's."""

    image: Annotated[
        str | None,
        Field(
            description="The workers' image, best by digest; the installed PodTemplate's if not given.",
            examples=["registry.example.com/trainer@sha256:…"],
        ),
    ] = None
    parallelism: Annotated[Count, Field(description="Worker pods at once.", examples=[8])] = 4
    deadline: Annotated[
        Bound,
        Field(description="A Job whose workers run for longer is ended; the run can be resumed.", examples=["2d"]),
    ] = 7 * 86400.0
    startDeadline: Annotated[  # noqa: N815  # Kubernetes' spelling among Kubernetes' words
        Bound,
        Field(description="How long to wait for a first worker, in queues or for nodes.", examples=["2h"]),
    ] = 86400.0
    stall: Annotated[
        Bound, Field(description="A worker that shows no sign of life for this long is ended and replaced.")
    ] = 900.0
    ttl: Annotated[Bound, Field(description="How long finished Jobs and their logs are kept.", examples=["1d"])] = (
        7 * 86400.0
    )


class Splitter(Value):
    """How rows are split into folds: a count, or a splitter by name with its arguments."""

    name: str  # "folds" for a plain count, a scikit-learn splitter's name, or module:name
    arguments: dict[str, Any] = Field(default_factory=dict)


class Notice(Value):
    """Who is told what a retune came to: a webhook or a Pushgateway, by the variable that holds its URL."""

    webhook: Annotated[
        Variable | None, Field(description="The variable with a webhook's URL.", examples=["SLACK_URL"])
    ] = None
    form: Annotated[
        Literal["plain", "text", "cloudevents"],
        Field(
            description="What a webhook is sent: `plain`, all that is known as JSON with a sentence as `text`; `text`, "
            "that sentence alone, as Slack and Teams take it; `cloudevents`, a structured CloudEvent."
        ),
    ] = "plain"
    pushgateway: Annotated[
        Variable | None, Field(description="The variable with a Pushgateway's URL.", examples=["PUSHGATEWAY_URL"])
    ] = None

    @model_validator(mode="after")
    def _one(self) -> "Notice":
        if (self.webhook is None) == (self.pushgateway is None):
            raise ValueError("each of notify names one receiver: `{webhook: ENV_NAME}` or `{pushgateway: ENV_NAME}`.")
        return self


class Retune(Value):
    """When a retune's best takes the champion's place: compared on fresh folds, promoted on evidence alone."""

    confirm: Annotated[
        Splitter | None,
        BeforeValidator(forms.splitter_or_none, json_schema_input_type=form_schemas.Splitter),
        PlainSerializer(forms.splitter_or_none_written),
        Field(
            description="The folds on which the best challenger and the champion are compared, shuffled by a seed of "
            "their own in every retune: a splitter as in `cv`, without a `random_state`. If not given, 5 folds 5 times "
            "(stratified for classification), and 25 splits by group where `cv` keeps groups together.",
            examples=[{"RepeatedStratifiedKFold": {"n_splits": 5, "n_repeats": 5}}],
        ),
    ] = None
    confidence: Annotated[
        Number,
        Field(
            gt=0.5,
            lt=1.0,
            description="How probable it must be that the challenger is better, by the correlated Bayesian t-test.",
        ),
    ] = 0.95
    margin: Annotated[
        Number,
        Field(ge=0.0, description="By how much it must be better: the half width of what counts as practically equal."),
    ] = 0.0
    floor: Annotated[
        Number | None,
        Field(description="What a model must reach in the mean to be promoted at all, the first too.", examples=[0.8]),
    ] = None
    refresh: Annotated[
        bool, Field(description="A champion that stays is trained again on the new data, with the parameters it has.")
    ] = False
    notify: Annotated[
        tuple[Notice, ...],
        Field(
            description="Who is told what each retune came to (docs/notify.md), by the environment variable that holds "
            "the URL.",
            examples=[[{"webhook": "SLACK_URL", "form": "text"}, {"pushgateway": "PUSHGATEWAY_URL"}]],
        ),
    ] = ()


class Search(Value):
    """``grid``, or ``random`` with its count; the seed is the study's unless it has its own.

    ``around_champion``: which share of the trials ``tunejob retune`` draws near the model in use.
    """

    kind: Literal["grid", "random"]
    trials: Count | None = None
    seed: Seed | None = None
    around_champion: Annotated[Number | None, Field(gt=0.0, le=1.0)] = None


class OfOutputs(Value):
    """A scorer of the user's own that is given (y, outputs): y as the data has it, outputs as the model gave them."""

    outputs: Spec


class Study(Value):
    """One study, as read, with defaults filled in. ``space`` keeps the user's own spelling of each parameter."""

    format: Annotated[Literal[1], Field(description="The version of this file's format.")] = 1
    name: Annotated[
        str,
        AfterValidator(forms.name),
        Field(description="Names runs and cluster objects.", examples=["breast-cancer"]),
        form_schemas.NAME,
    ]
    model: Annotated[
        Spec,
        Field(
            description="`module:name` of a function that is called with a trial's parameters and returns a compiled "
            "Keras model, or a scikit-learn Pipeline that ends in this package's `KerasClassifier` or "
            "`KerasRegressor` (or one alone): it is given the data as it is, and `space` has its nested names. The "
            "module lies beside the study, or is installed.",
            examples=["model:build"],
        ),
    ]
    data: Annotated[
        str | tuple[str, str],
        BeforeValidator(forms.data, json_schema_input_type=form_schemas.Data),
        Field(
            description="`module:name` of a function that returns `X, y`, or `X, y, groups`, or a dict that may also "
            "hold `sample_weight`; or a file: `.npz` with these names as keys, two `.npy` files, or a table: `.csv`, "
            "`.tsv`, both also as `.gz`, or `.parquet` (which needs `pip install 'tunejob[parquet]'`).",
            examples=["data:load", "./train.npz", "s3://bucket/train.csv", ["X.npy", "y.npy"]],
        ),
    ]
    target: Annotated[
        Names | None, Field(description="For CSV: the column, or columns, to predict.", examples=["label"])
    ] = None
    features: Annotated[
        tuple[str, ...] | None,
        Field(description="For CSV: the columns to learn from; all others if not given.", examples=[["age", "income"]]),
    ] = None
    groups: Annotated[
        str | None, Field(description="For CSV: the column of groups that group splitters keep together.")
    ] = None
    sample_weight: Annotated[str | None, Field(description="For CSV: the column of each row's weight.")] = None
    separator: Annotated[
        str | None,
        AfterValidator(forms.separator),
        Field(
            description="For CSV: what is between two values, one character or `tab`; a comma if not given, in `.tsv` "
            "a tab.",
            examples=[";", "tab"],
        ),
    ] = None
    decimal: Annotated[Literal[".", ","], Field(description="For CSV: the point within numbers.", examples=[","])] = "."
    encoding: Annotated[
        str,
        AfterValidator(forms.encoding),
        Field(description="For CSV: how its text is encoded, by Python's names.", examples=["utf-16", "cp1252"]),
    ] = "utf-8"
    header: Annotated[
        bool | tuple[str, ...],
        Field(
            description="For CSV: whether the first line names the columns. `false`: there is none, and they are "
            "called `0`, `1` and so on; or their names.",
            examples=[False, ["age", "income", "label"]],
        ),
    ] = True
    search: Annotated[
        Search,
        BeforeValidator(forms.search, json_schema_input_type=form_schemas.Search),
        PlainSerializer(forms.search_written),
        Field(
            description="Every point of the space, or a number of points drawn from it as scikit-learn draws them.",
            examples=["grid", {"random": {"trials": 60, "seed": 0}}],
        ),
    ]
    space: Annotated[
        tuple[dict[str, Any], ...],
        BeforeValidator(forms.space, json_schema_input_type=form_schemas.Space),
        PlainSerializer(forms.space_written),
        Field(
            description="What varies: a mapping of parameters, or a list of such mappings. A list is a choice; "
            "`range`, `linspace` and `geomspace` make one; a random search takes any scipy.stats distribution by its "
            "name with its own arguments, or `module:name`. (`uniform: [-1, 1]` is scipy's: from -1 on, 1 wide.)",
            examples=[
                {"units": [32, 64], "learning_rate": {"geomspace": [1e-4, 1e-1, 4]}},
                {"units": {"randint": [32, 257]}, "learning_rate": {"loguniform": {"a": 1e-4, "b": 1e-1}}},
                [{"optimizer": ["sgd"], "momentum": [0.0, 0.9]}, {"optimizer": ["adam"]}],
            ],
        ),
    ]
    cv: Annotated[
        Splitter,
        BeforeValidator(forms.splitter, json_schema_input_type=form_schemas.Splitter),
        PlainSerializer(forms.splitter_written),
        Field(
            description="The number of folds (stratified for classification), a scikit-learn splitter by name with its "
            "arguments, or `module:name`. One that shuffles without a `random_state` takes the study's seed.",
            examples=[3, {"RepeatedStratifiedKFold": {"n_splits": 5, "n_repeats": 2, "random_state": 0}}],
        ),
    ] = Splitter(name="folds", arguments={"n_splits": 5})
    scoring: Annotated[
        tuple[str | OfOutputs, ...],
        BeforeValidator(forms.scoring, json_schema_input_type=form_schemas.Scoring),
        PlainSerializer(forms.scoring_written),
        Field(
            description="scikit-learn's names of scorers, or `module:name`; accuracy or r2 if not given. A function of "
            "your own that reads the outputs itself is named by `{outputs: module:name}`: where there are such scorers "
            "alone, y and the outputs may be anything, such as mean and variance, a value for each pixel or step, or "
            "several tasks (y as a dict of arrays).",
            examples=["accuracy", ["roc_auc", "neg_log_loss"], {"outputs": "scores:coverage"}],
        ),
    ] = ()
    refit: Annotated[
        bool | str,
        BeforeValidator(forms.refit, json_schema_input_type=bool | str),
        Field(
            description="Which scorer ranks the trials and chooses the best, trained again on all rows; must be named "
            "when there are several. `false`: none.",
            examples=["accuracy", False],
        ),
    ] = True
    fit: Annotated[FitSettings, Field(description="How each fit trains: Keras's own names.")] = FitSettings()
    task: Annotated[
        Task | None,
        Field(
            description="What y is; decides stratification, default scoring and how outputs are read. Usually "
            "inferred. `own`: what only scorers of `outputs` read."
        ),
    ] = None
    targets: Annotated[
        Form | None,
        Field(
            description="What the loss is given of y: `as_given`, exactly; class `indices`, in the order of the sorted "
            "labels; or `one_hot`, a column for each class. If not given: what a loss of Keras needs; a loss of your "
            "own gets y as the data has it, a single column in the shape of the output's, where it can work on that "
            "(`check` says what was taken).",
            examples=["one_hot"],
        ),
    ] = None
    threshold: Annotated[
        Number | None,
        Field(
            description="Above it, an output is the second of two classes, or a label that is there: of probabilities "
            "where outputs are some (or the loss says `from_logits`), else of the outputs as they are. If not given: "
            "0.5 for probabilities, 0 for signed distances and logits.",
            examples=[0.3],
        ),
    ] = None
    return_train_score: Annotated[bool, Field(description="Score the training rows too.")] = False
    error_score: Annotated[
        float | Literal["raise"],
        BeforeValidator(forms.error_score, json_schema_input_type=form_schemas.ErrorScore),
        AfterValidator(forms.error_score),
        PlainSerializer(forms.error_score_written),
        Field(
            description="The score of a failed fit; `raise` ends the run at the first.", examples=["nan", 0.0, "raise"]
        ),
    ] = math.nan
    limits: Annotated[Limits, Field(description="Bounds on time and number.")] = Limits()
    cluster: Annotated[
        Cluster, Field(description="How the run goes through a Kubernetes cluster; ignored elsewhere.")
    ] = Cluster()
    retune: Annotated[
        Retune | None,
        Field(
            description="How `tunejob retune`, by hand or at a schedule, decides whether a new search's best takes the "
            "place of the model in use (docs/retuning.md). `{}` takes every default.",
            examples=[{"confidence": 0.95, "margin": 0.002}],
        ),
    ] = None
    seed: Annotated[
        Seed, Field(description="Everything random comes from it; also the search's seed, unless that has its own.")
    ] = 0
    files: Annotated[
        Names,
        Field(
            description="Files beside the study that its code opens and that `tunejob check` does not list by itself; "
            "folders and patterns too. They travel to a cluster, and a change in one makes a new run.",
            examples=[["words.txt"], ["vocabularies/*.txt"]],
        ),
    ] = ()
    store: Annotated[
        str, Field(description="Where runs are kept: a folder, or an s3://, gs:// or az:// URL.", examples=["./runs"])
    ] = "./runs"

    @property
    def scorers(self) -> tuple[str, ...]:
        """The names of the scorers that the study names."""
        return tuple(one if isinstance(one, str) else one.outputs for one in self.scoring)

    @property
    def reads_outputs_itself(self) -> bool:
        """Whether all scorers are the user's own that are given (y, outputs)."""
        return bool(self.scoring) and not any(isinstance(one, str) for one in self.scoring)
