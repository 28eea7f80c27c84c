"""The study's section about retunes: when a new search's best takes the place of what is in use, and who is told."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, model_validator

from job.study import form_schemas, forms
from job.study.field_types import Number, Value
from job.study.sections import Splitter

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""The name of an environment variable; a URL is refused, as it would be a secret in the study."""


class Notice(Value):
    """Who is told what a retune came to: a webhook or a Pushgateway, by the variable that holds its URL."""

    webhook: Annotated[
        Variable | None, Field(description="The variable with a webhook's URL.", examples=["SLACK_URL"])
    ] = None
    form: Annotated[
        Literal["plain", "text", "slack", "teams", "cloudevents"],
        Field(
            description="What a webhook is sent: `plain`, all that is known as JSON with a sentence as `text`; `text`, "
            "that sentence alone, as it is; `slack`, the same escaped as Slack asks, so that none of its words call a "
            "channel; `teams`, an Adaptive Card, as a Teams workflow takes it; `cloudevents`, a structured CloudEvent."
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
            "their own in every retune: a splitter as in `cv`, without a `random_state`; one that draws nothing at "
            "random has to be another than `cv`. If not given, 5 folds 5 times (stratified for classification), and 25 "
            "splits by group where `cv` keeps groups together.",
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
            examples=[[{"webhook": "SLACK_URL", "form": "slack"}, {"pushgateway": "PUSHGATEWAY_URL"}]],
        ),
    ] = ()
