"""Parameters go to build, to the fit by name, or to both; those that fit neither are refused."""

import pytest

from job.study import params, reading
from job.study.mistakes import StudyMistakes

MODEL = "def build(units, rate=1e-3, batch_size=32): ...\ndef free(**anything): ...\ndef exact(a, /, b): ...\n"
DATA = "def load(path='x'): ...\ndef needs(path): ...\n"


@pytest.fixture
def read(text_of, beside):
    """What reading a study with this code beside it says."""

    def say(**fields):
        folder = beside(study__yaml=text_of(**fields), model__py=MODEL, data__py=DATA)
        try:
            reading.read(folder / "study.yaml")
        except StudyMistakes as error:
            return [str(mistake) for mistake in error.mistakes]
        return []

    return say


def test_each_parameter_goes_where_it_is_known(study):
    """What build knows goes there, what the fit knows goes there, what both know goes to both."""
    one = study(fit="{epochs: 7, batch_size: 64}")
    build, fit = params.split(one, ("units", "batch_size"), {"units": 3, "batch_size": 16, "epochs": 2})
    assert build == {"units": 3, "batch_size": 16}
    assert (fit.epochs, fit.batch_size, fit.shuffle) == (2, 16, True)


def test_a_build_that_takes_any_gets_all(study):
    """``**`` among build's parameters means every parameter goes to it."""
    given = {"units": 3, "epochs": 2}
    build, fit = params.split(study(), ("**",), given)
    assert build == given
    assert fit.epochs == 2


def test_without_fit_parameters_the_studys_settings_stand(study):
    """A trial that varies the model alone trains with the study's own settings."""
    one = study(fit="{epochs: 7, early_stopping: {patience: 3}, callbacks: ['my:Cb']}")
    assert params.split(one, ("units",), {"units": 3})[1] is one.fit
    other = params.split(one, ("units",), {"units": 3, "early_stopping": {"patience": 9}})[1]
    assert other.early_stopping is not None
    assert (other.early_stopping.patience, other.callbacks) == (9, one.fit.callbacks)


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({}, []),
        ({"space": "{units: [1], rate: [1], batch_size: [1], epochs: [1]}"}, []),
        ({"model": "model:free", "space": "{whatever: [1]}"}, []),
        (
            {"space": "{units: [1], ratte: [1]}"},
            [
                (
                    "line 5: space.ratte: neither `build` nor the fit takes `ratte`; `build` takes `units`, `rate` and "
                    "`batch_size`, the fit `epochs`, `batch_size`, `shuffle`, `class_weight`, `validation_split`, "
                    "`early_stopping` and `callbacks`. Did you mean `rate`?"
                )
            ],
        ),
        (
            {"space": "[{units: [1]}, {rate: [1]}]"},
            [
                (
                    "line 5: space[1]: `build` needs `units`, which the space does not give; add it to the space, "
                    "even as a "
                    "list of one, or give it a default in module `model`."
                )
            ],
        ),
        (
            {"model": "model:exact", "space": "{b: [1]}"},
            [
                (
                    "line 5: space: `exact` needs `a`, which the space does not give; add it to the space, even as "
                    "a list of "
                    "one, or give it a default in module `model`."
                )
            ],
        ),
        (
            {"data": "data:needs"},
            ["line 3: data: `needs` is called without arguments, and needs `path`: give defaults."],
        ),
    ],
)
def test_parameters_are_checked_against_the_source(read, fields, sentences):
    """Before anything is imported, what fits nowhere and what lacks is told with the nearest right word."""
    assert read(**fields) == sentences


@pytest.mark.parametrize(
    ("space", "sentences"),
    [
        (
            "{batch_size: [16, big, 2.5]}",
            [
                "line 5: space.batch_size[1]: `batch_size` goes to the fit: got 'big'; allowed is a whole number.",
                (
                    "line 5: space.batch_size[2]: `batch_size` goes to the fit: got 2.5; allowed is a whole number. "
                    "`randint: [low, high]` draws whole numbers."
                ),
            ],
        ),
        ("{epochs: {range: [0, 3]}}", ["line 5: space.epochs: `epochs` goes to the fit: got 0; allowed is 1 or more."]),
        ("{early_stopping: [null, {patience: 3}], batch_size: {range: [8, 32]}}", []),
        ("{callbacks: [[], ['my:Cb']], class_weight: [null, balanced]}", []),
    ],
)
def test_values_for_the_fit_are_checked(said, space, sentences):
    """A value that the fit can't take is told before any fit fails of it."""
    assert said(space=space) == sentences


def test_what_a_distribution_draws_for_the_fit_is_checked(said):
    """A batch size drawn as a fraction is told, with the distribution that draws whole numbers."""
    (told,) = said(search="{random: {trials: 3}}", space="{batch_size: {uniform: [16, 100]}}")
    assert told.startswith("line 5: space.batch_size: `batch_size` goes to the fit: got ")
    assert told.endswith("; allowed is a whole number. `randint: [low, high]` draws whole numbers.")
    assert said(search="{random: {trials: 3}}", space="{batch_size: {randint: [16, 100]}}") == []
