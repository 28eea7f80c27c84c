"""JSON Schema of the short forms: what an editor completes and checks. The reader (``forms.py``) has the last word."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema
from pydantic.config import JsonDict

_SPEC: JsonDict = {"type": "string", "pattern": r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"}
_ARGUMENTS: JsonDict = {"type": ["object", "null"]}
_SEED: JsonDict = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}

SPEC = Field(json_schema_extra={"pattern": _SPEC["pattern"]})
NAME = Field(json_schema_extra={"pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 40})

Duration = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?$"},
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "null"},
            ],
        }
    ),
]
ClassWeight = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "balanced"},
                {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
                {"type": "null"},
            ]
        }
    ),
]
ErrorScore = Annotated[Any, WithJsonSchema({"anyOf": [{"enum": ["nan", "raise"]}, {"type": "number"}]})]
Data = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                _SPEC,
                {"type": "string", "pattern": r"\.(npz|parquet|[ct]sv(\.gz)?)$"},
                {
                    "type": "array",
                    "items": {"type": "string", "pattern": r"\.npy$"},
                    "minItems": 2,
                    "maxItems": 2,
                },
            ]
        }
    ),
]
Search = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "grid"},
                {
                    "type": "object",
                    "properties": {
                        "random": {
                            "type": "object",
                            "properties": {
                                "trials": {
                                    "type": "integer",
                                    "minimum": 1,
                                    "description": "How many points are drawn.",
                                },
                                "seed": _SEED
                                | {"description": "scikit-learn's random_state; the study's if not given."},
                                "around_champion": {
                                    "type": "number",
                                    "exclusiveMinimum": 0,
                                    "maximum": 1,
                                    "description": "Which share of them `tunejob retune` draws near the model in use.",
                                },
                            },
                            "required": ["trials"],
                            "additionalProperties": False,
                        }
                    },
                    "required": ["random"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
_NUMBERS: JsonDict = {"type": "array", "items": {"type": "number"}}
_PARAMETER: JsonDict = {
    "anyOf": [
        {"type": "array", "minItems": 1, "description": "A choice."},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {
                "range": _NUMBERS | {"description": "As Python's range: start, stop (not reached), step."},
                "linspace": _NUMBERS | {"description": "As NumPy's: start, stop, how many."},
                "geomspace": _NUMBERS | {"description": "As NumPy's: start, stop, how many; evenly spaced by ratio."},
                "randint": {"description": "Whole numbers: low, high (not reached)."},
                "uniform": {"description": "scipy's own arguments: where it starts, how wide it is."},
                "loguniform": {"description": "From a to b, evenly by ratio."},
            },
            "additionalProperties": {"type": ["array", "object", "number", "null"]},
        },
        _SPEC,
    ]
}
_ONE_SPACE: JsonDict = {"type": "object", "additionalProperties": _PARAMETER}
Space = Annotated[Any, WithJsonSchema({"anyOf": [_ONE_SPACE, {"type": "array", "items": _ONE_SPACE, "minItems": 1}]})]
_SPLITTERS = [
    "GroupKFold",
    "GroupShuffleSplit",
    "KFold",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "LeavePGroupsOut",
    "LeavePOut",
    "PredefinedSplit",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
]
Splitter = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 2},
                {"enum": [*_SPLITTERS]},
                _SPEC,
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": dict.fromkeys(_SPLITTERS, _ARGUMENTS),
                    "additionalProperties": _ARGUMENTS,
                },
            ]
        }
    ),
]
Called = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                _SPEC,
                {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": _ARGUMENTS},
            ]
        }
    ),
]
_SCORERS = [
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "f1",
    "f1_macro",
    "f1_micro",
    "f1_samples",
    "f1_weighted",
    "jaccard",
    "jaccard_macro",
    "matthews_corrcoef",
    "neg_brier_score",
    "neg_log_loss",
    "precision",
    "precision_macro",
    "recall",
    "recall_macro",
    "roc_auc",
    "roc_auc_ovo",
    "roc_auc_ovr",
    "top_k_accuracy",
    "explained_variance",
    "neg_max_error",
    "neg_mean_absolute_error",
    "neg_mean_absolute_percentage_error",
    "neg_mean_squared_error",
    "neg_median_absolute_error",
    "neg_root_mean_squared_error",
    "r2",
]
_OF_OUTPUTS: JsonDict = {
    "type": "object",
    "properties": {
        "outputs": _SPEC
        | {
            "description": "`module:name` of a function of your own that is called with y of the test rows, as the "
            "data gave it, and the model's outputs for them, as `predict` gives them; it returns a number, greater is "
            "better. For outputs that are no labels, probabilities or amounts: mean and variance, quantiles, pixels."
        }
    },
    "required": ["outputs"],
    "additionalProperties": False,
}
_SCORER: JsonDict = {"anyOf": [{"enum": [*_SCORERS]}, {"type": "string"}, _OF_OUTPUTS]}
Scoring = Annotated[Any, WithJsonSchema({"anyOf": [_SCORER, {"type": "array", "items": _SCORER, "uniqueItems": True}]})]
