"""How to use the model: lines of Python that run as printed, on rows as the study's data gives them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import PurePosixPath
from typing import Any

from job.errors import Missing
from job.plan.plan import InputForm
from job.results.table import Table
from job.store import Store, has
from job.store.keys import RunKeys
from job.study import dialects
from job.study.forms import SPEC
from job.study.study import Study

_WORDS = ".astype(str).astype(object)"


@dataclass(frozen=True)
class Usage:
    """A sentence, a command for the shell and lines of Python; "" where there is none."""

    text: str
    command: str = ""
    lines: str = ""


def of(table: Table, store: Store) -> Usage:
    """Returns how to get and use a run's model."""
    best, plan = table.best, table.plan
    if best is None or table.hopeless:
        return Usage("There is no model: no trial has all its scores.")
    if not has_model(table, store):
        why = (
            "refit is off"
            if table.study.refit is False
            else "the best trial was not refitted yet (`tunejob run` does it)"
        )
        module, _, build = table.study.model.partition(":")
        given = ", ".join(f"{name}={value!r}" for name, value in best.params.items() if _goes_to_build(table, name))
        return Usage(
            f"There is no model.keras: {why}. The best parameters build it again, untrained:",
            lines=f"from {module} import {build}\n\nmodel = {build}({given})",
        )
    if table.plan.facts.estimator:
        return Usage(
            "The best trial's estimator was fitted again on all rows and saved: its Keras model, and the rest without "
            "it. Where this package is installed, these lines beside the study's files bring it back and predict:",
            f"tunejob fetch {plan.study}/{plan.run} --store {store.url} --to .",
            "\n".join(_put_together(table.study, f'"{plan.study}/{plan.run}", store="{store.url}"')),
        )
    return Usage(
        "The best trial was trained again on all rows and saved. Preprocessing layers travel inside the model, so it "
        "takes rows as the study's data gives them. These lines run beside the study's files:",
        f"tunejob fetch {plan.study}/{plan.run} --store {store.url} --to .",
        "\n".join(_lines(table, _refitted(table, store))),
    )


def champion_text(table: Table, store: Store) -> str:
    """Returns how to use a run's model once it is the study's champion, in Markdown."""
    head = f"# The model in use of {table.plan.study}\n\nTrained by the run {table.plan.run} on all rows. "
    if table.plan.facts.estimator:
        told = (
            "`model.keras` is the Keras model of a scikit-learn estimator, and `pipeline.skops` the rest of it, which "
            "takes rows as the study's data gives them. These lines run beside the study's files and both, where this "
            "package is installed:"
        )
        lines = "\n".join(_put_together(table.study, '"."'))
    else:
        told = (
            "Preprocessing layers travel inside the model, so it takes rows as the study's data gives them. These "
            "lines run beside the study's files and `model.keras`:"
        )
        lines = "\n".join(_lines(table, _refitted(table, store)))
    return f"{head}{told}\n\n```python\n{lines}\n```\n"


def has_model(table: Table, store: Store) -> bool:
    """Say whether the refitted model is in the store."""
    return has(store, RunKeys(table.plan.study, table.plan.run).model)


def _goes_to_build(table: Table, name: str) -> bool:
    taken = table.plan.facts.build_parameters
    return name.isidentifier() and (name in taken or "**" in taken)


def _refitted(table: Table, store: Store) -> Mapping[str, Any]:
    """What the refit told of the model; nothing of one that was saved before it did."""
    try:
        found: Mapping[str, Any] = json.loads(store.read(RunKeys(table.plan.study, table.plan.run).refit))
    except Missing:
        return {}
    return found


def _lines(table: Table, refitted: Mapping[str, Any]) -> Iterator[str]:
    form = table.plan.facts.form
    given = list(_rows(table.study))
    yield from sorted({"import keras", "import numpy as np", *(line for line in given if line.startswith("import "))})
    own = [one.partition(":") for one in refitted.get("own_layers", ())]
    imported = {f"from {module} import {name}  # a layer of its own" for module, _, name in own if "." not in name}
    yield from sorted(imported | {line for line in given if line.startswith("from ")})
    yield ""
    yield from (line for line in given if not line.startswith(("import ", "from ")))
    yield from _inputs(form)
    safe = ", safe_mode=False" if refitted.get("lambdas") else ""
    yield f'trained = keras.models.load_model("model.keras", compile=False{safe})'
    yield "outputs = trained.predict(X)"
    if refitted.get("heads", 1) > 1 and not _is_own(table):
        yield "heads = [np.reshape(one, (len(one), -1)) for one in keras.tree.flatten(outputs)]"
        places = refitted.get("places", list(range(refitted["heads"])))
        every = places == list(range(refitted["heads"]))
        yield f"outputs = np.concatenate({'heads' if every else f'[heads[place] for place in {places}]'}, axis=1)"
    yield from _meant(table, refitted)


def _put_together(study: Study, where: str) -> Iterator[str]:
    """A scikit-learn estimator brought back, and what it predicts for rows as the study's data gives them."""
    given = list(_rows(study))
    numpy = {"import numpy as np"} if any("np.load" in line for line in given) else set()
    yield from sorted({"import job", *numpy, *(line for line in given if line.startswith("import "))})
    yield from (line for line in given if line.startswith("from "))
    yield ""
    yield from (line for line in given if not line.startswith(("import ", "from ")))
    yield f"estimator = job.load({where})"
    yield "predictions = estimator.predict(X)"


def _is_own(table: Table) -> bool:
    """Whether the study's own scorers alone say what outputs are."""
    return table.plan.facts.task == "own" or table.study.reads_outputs_itself


def _rows(study: Study) -> Iterator[str]:
    """The rows as the study has them: from its loader, or its file."""
    comment = "# or new rows like these"
    if not isinstance(study.data, str):
        yield f"X = np.load({PurePosixPath(study.data[0]).name!r})  {comment}"
    elif SPEC.fullmatch(study.data):
        module, _, load = study.data.partition(":")
        yield f"from {module} import {load}"
        yield f"given = {load}()"
        yield f'X = given["X"] if isinstance(given, dict) else given[0]  {comment}'
    elif study.data.lower().endswith(".npz"):
        yield f'X = np.load({PurePosixPath(study.data).name!r})["X"]  {comment}'
    else:
        yield "import pandas as pd"
        yield f"table = {_read(study, PurePosixPath(study.data).name)}  {comment}"
        yield from _named(study)
        yield _columns(study)


def _read(study: Study, name: str) -> str:
    """The call that reads a table's file as the study says it is written."""
    if name.lower().endswith(".parquet"):
        return f"pd.read_parquet({name!r})"
    given = {"sep": dialects.separator(study), "decimal": study.decimal, "encoding": study.encoding}
    usual = {"sep": ",", "decimal": ".", "encoding": Study.model_fields["encoding"].default}
    said = [f"{one}={value!r}" for one, value in given.items() if value != usual[one]]
    if study.header is not True:
        said.append("header=None" if study.header is False else f"header=None, names={_listed(study.header)}")
    return f"pd.read_csv({', '.join([repr(name), *said])})"


def _named(study: Study) -> Iterator[str]:
    """Columns' names as the study writes them."""
    if str(study.data).lower().endswith(".parquet"):
        yield "table.columns = table.columns.astype(str)"
    elif study.header is True:
        yield "table.columns = table.columns.str.strip()"
    elif study.header is False:
        yield "table.columns = table.columns.astype(str)"


def _columns(study: Study) -> str:
    if study.features:
        return f"X = table[{_listed(study.features)}]"
    targets = [study.target] if isinstance(study.target, str) else list(study.target or ())
    others = [name for name in (*targets, study.groups, study.sample_weight) if name]
    return f'X = table.drop(columns={_listed(others)}, errors="ignore")'


def _inputs(form: InputForm | None) -> Iterator[str]:
    """X in the form that the model was trained on, whichever it came in."""
    if form is None:
        return
    if form.kind == "array":
        ((_, kind, shape),) = form.arrays
        yield f"X = {_converted('X', kind, shape)}"
    elif form.kind == "tuple":
        parts = ", ".join(_converted(f"X[{place}]", kind, shape) for place, (_, kind, shape) in enumerate(form.arrays))
        yield f"X = [{parts}]"
    else:
        if not all(name.isidentifier() for name, _, _ in form.arrays):
            yield "X = {str(name): X[name] for name in X}"
        yield "X = {"
        yield from (f"    {name!r}: {_converted(f'X[{name!r}]', kind, shape)}," for name, kind, shape in form.arrays)
        yield "}"


def _converted(value: str, kind: str, shape: tuple[int, ...]) -> str:
    """An expression; one number or text in each row may come as a column or as a list of them."""
    rest = {(): ".reshape(-1)", (1,): ".reshape(-1, 1)"}.get(shape, "")
    if kind == "text":
        return f"np.asarray({value}){_WORDS}{rest}"
    return f'np.asarray({value}, "{kind}"){rest}'


def _meant(table: Table, refitted: Mapping[str, Any]) -> Iterator[str]:
    """What outputs mean."""
    known = table.plan.facts
    classes, activation = list(known.classes or ()), refitted.get("activation")
    limit = _limit(activation, refitted.get("threshold"))
    if _is_own(table):
        yield "# what outputs mean, the study's own scorers say"
    elif known.task == "regression":
        yield "predictions = outputs.ravel()" if refitted.get("columns", 1) == 1 else "predictions = outputs"
    elif known.task == "multilabel":
        yield f"labels = (outputs > {limit}).astype(int)  # a column for each label"
    elif known.task == "multiclass" or refitted.get("columns", 1) > 1:
        yield f"classes = np.array({_listed(classes)})"
        yield "labels = classes[outputs.argmax(axis=1)]"
    else:
        yield f"classes = np.array({_listed(classes)})  # {_told(activation, classes)}"
        yield f"labels = classes[(outputs.ravel() > {limit}).astype(int)]"


def _limit(activation: str | None, threshold: float | None) -> str:
    """Above which output it is the second class: a threshold of probabilities, as the logit where outputs are some."""
    if activation == "margin" or threshold is None:
        return f"{threshold or 0:g}" if activation else f"{0.5 if threshold is None else threshold:g}"
    return f"{log(threshold / (1 - threshold)):.7g}" if activation and 0 < threshold < 1 else f"{threshold:g}"


def _told(activation: str | None, classes: Sequence[Any]) -> str:
    second = repr(classes[-1]) if classes else "the second"
    if activation == "margin":
        return f"an output is a distance: the greater, the likelier {second}"
    if activation:
        return f"an output is a logit: keras.ops.sigmoid makes the probability of {second} of it"
    return f"an output is the probability of {second}"


def _listed(values: Sequence[Any]) -> str:
    return repr(list(values))
