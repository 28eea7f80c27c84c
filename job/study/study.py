"""The study: what the user declares, as frozen values with every default filled in.

Each field reads the short forms of ``forms.py`` and is written back in them (``model_dump``), so a study read from what
was written is equal. Descriptions and examples here are what the schema, ``docs/study.md`` and messages say.
"""

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from job.study import form_schemas, forms, number_forms
from job.study.field_types import Form, Names, Number, Seed, Spec, Task, Value
from job.study.fit import Callback, EarlyStopping, FitSettings
from job.study.retune_section import Notice, Retune
from job.study.sections import Cluster, Limits, OfOutputs, Search, Splitter

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
        BeforeValidator(number_forms.error_score, json_schema_input_type=form_schemas.ErrorScore),
        AfterValidator(number_forms.error_score),
        PlainSerializer(number_forms.error_score_written),
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
