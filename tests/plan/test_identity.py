"""What makes two fits the same fit."""

import json
import subprocess
import sys

import made_plan
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.data.rows import Fold
from job.plan import identity
from job.study.study import FitSettings

scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=8)
params = st.dictionaries(st.text(min_size=1, max_size=6), scalars | st.lists(scalars, max_size=3), max_size=6)
FOLD = Fold(train=np.array([0, 1, 2, 3]), test=np.array([4, 5]))


@given(params)
def test_canonical_params_can_be_read_back(one: dict) -> None:
    """JSON of params gives the params themselves, types included, so that a worker builds the same model."""
    back = json.loads(identity.canonical(one))
    assert back == one
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in one.items()}


@given(params, st.randoms())
def test_the_order_of_keys_decides_nothing(one: dict, random) -> None:
    """Params written in another order have the same text, seed and identity."""
    names = list(one)
    random.shuffle(names)
    other = {name: one[name] for name in names}
    study, facts = made_plan.study(), made_plan.facts()
    assert identity.canonical(other) == identity.canonical(one)
    assert identity.seed(0, other, FOLD.train) == identity.seed(0, one, FOLD.train)
    assert identity.fit(study, facts, other, FOLD) == identity.fit(study, facts, one, FOLD)


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0, False), ("1", 1), (0.0, -0.0), ([1], 1)])
def test_values_that_python_calls_equal_may_build_other_models(one: object, other: object) -> None:
    """An integer, a float, a boolean and a string of one look are different params."""
    assert identity.canonical({"x": one}) != identity.canonical({"x": other})


@given(params, st.integers(0, 2**32), st.lists(st.integers(0, 999), min_size=1, unique=True))
def test_a_seed_has_63_bits_and_comes_from_three_things(one: dict, seed: int, rows: list) -> None:
    """Each of study's seed, params and rows (their order too) changes the seed; nothing else enters."""
    train = np.array(rows)
    found = identity.seed(seed, one, train)
    assert 0 <= found < 2**63
    assert found == identity.seed(seed, dict(one), identity.rows(train.astype(np.int32)))
    assert found != identity.seed(seed + 1, one, train)
    assert found != identity.seed(seed, {**one, "another parameter": 1}, train)
    assert found != identity.seed(seed, one, np.append(train, 1000))


def test_seeds_are_the_same_in_another_process() -> None:
    """A seed stays what it is from process to process and version to version: it names what was trained."""
    code = (
        "import numpy as np; from job.plan import identity; "
        "print(identity.seed(7, {'units': 8, 'lr': 0.1}, np.arange(5)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == identity.seed(7, {"lr": 0.1, "units": 8}, np.arange(5)) == 1687526329126590758


def test_an_identity_covers_what_a_fit_is_trained_from() -> None:
    """Another model, settings, seed, data, code, task, fold or params is another fit."""
    study, facts, params = made_plan.study(), made_plan.facts(), {"units": 8}
    others = [
        identity.fit(made_plan.study(model="model:other"), facts, params, FOLD),
        identity.fit(made_plan.study(fit=FitSettings(epochs=2)), facts, params, FOLD),
        identity.fit(made_plan.study(seed=1), facts, params, FOLD),
        identity.fit(study, made_plan.facts(fingerprint="other"), params, FOLD),
        identity.fit(study, made_plan.facts(code_digest="other"), params, FOLD),
        identity.fit(study, made_plan.facts(task="multiclass"), params, FOLD),
        identity.fit(study, facts, {"units": 9}, FOLD),
        identity.fit(study, facts, params, Fold(train=FOLD.train[::-1], test=FOLD.test)),
        identity.fit(study, facts, params, Fold(train=FOLD.train, test=FOLD.test[:1])),
    ]
    assert len({identity.fit(study, facts, params, FOLD), *others}) == 10


def test_an_identity_does_not_know_the_rest_of_the_search() -> None:
    """A fit stays the same when the space grows, the scoring or the store changes, or it lies in another fold."""
    study, facts, params = made_plan.study(), made_plan.facts(), {"units": 8}
    grown = made_plan.study(space=({"units": [4, 8, 16, 32]},), scoring=("f1", "roc_auc"), refit="f1", store="s3://b/x")
    same = Fold(train=FOLD.train.copy(), test=FOLD.test.copy())
    assert identity.fit(grown, made_plan.facts(folds=7), params, same) == identity.fit(study, facts, params, FOLD)


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30))
def test_firsts_are_where_each_text_came_first(texts: list) -> None:
    """Each digest is answered by the place of the first equal one."""
    digests = b"".join(identity.short(text) for text in texts)
    assert identity.firsts(digests).tolist() == [texts.index(text) for text in texts]
