"""A study is read in its short forms, written back, and refused with every mistake at once."""

import math
from pathlib import Path

import pytest

from job.errors import UsageError
from job.study import docs, reading
from job.study.checks import Check
from job.study.mistakes import Mistake, StudyMistakes

SAMPLES = Path(__file__).parent / "samples"


def test_the_example_of_the_design_is_read():
    """Every field of the design's study is understood, durations and exponents included."""
    study = reading.parse((SAMPLES / "format-1.yaml").read_text(), "study.yaml")
    assert study.space == ({"hidden_units": [32, 64, 128], "learning_rate": [1e-3, 1e-2, 0.1], "batch_size": [16, 32]},)
    assert (study.cv.name, study.cv.arguments["n_repeats"]) == ("RepeatedStratifiedKFold", 2)
    assert (study.limits.fit, study.limits.run, study.limits.fits) == (1800.0, 28800.0, 500)
    assert study.fit.early_stopping is not None
    assert study.fit.early_stopping.patience == 5
    assert study.fit.callbacks[0].arguments == {"x": 1}
    assert math.isnan(study.error_score)


@pytest.mark.parametrize("text", [(SAMPLES / "format-1.yaml").read_text(), docs.EXAMPLE])
def test_what_is_stored_is_read_back_equal(text):
    """A study written with its defaults filled in means the same."""
    study = reading.parse(text, "study.yaml")
    assert reading.parse(reading.dump(study), "stored") == study


@pytest.mark.parametrize(
    ("field", "short", "long"),
    [
        ("search", "grid", "{grid: {}}"),
        ("search", "{random: {trials: 3}}", "{kind: random, trials: 3}"),
        ("space", "{units: [32, 64]}", "[{units: [32, 64]}]"),
        ("cv", "3", "{name: folds, arguments: {n_splits: 3}}"),
        ("cv", "LeaveOneOut", "{LeaveOneOut: {}}"),
        ("cv", "{KFold: }", "{KFold: {}}"),
        ("scoring", "f1", "[f1]"),
        ("error_score", "nan", ".nan"),
        ("limits", "{fit: 1h30m}", "{fit: 5400}"),
        ("limits", "{run: 2d, fit: 90s}", "{run: 172800.0, fit: 1m30s}"),
        ("fit", "{callbacks: ['my:Cb']}", "{callbacks: [{'my:Cb': {}}]}"),
    ],
)
def test_short_forms_mean_their_long_ones(study, field, short, long):
    """Each short form gives the same value as what it stands for, and survives being stored."""
    one = study(**{field: short})
    assert one == study(**{field: long})
    assert reading.parse(reading.dump(one), "stored") == one


def test_a_study_that_says_little_gets_the_defaults(study):
    """Five folds, one epoch, no scorer of its own, refit, seed 0, a folder beside."""
    small = study()
    assert (small.cv.arguments, small.fit.epochs, small.scoring, small.refit) == ({"n_splits": 5}, 1, (), True)
    assert (small.seed, small.store, small.task, small.return_train_score) == (0, "./runs", None, False)


def test_all_mistakes_come_at_once(said):
    """Mistakes of form, of building, and what is missing are in one list, in the order of lines."""
    found = said(
        model=None,
        search="{random: {trials: 5, sed: 1}}",
        space="{rate: {loguniform: {a: 1, c: 2}}}",
        cv="{KFold: {n_split: 3}}",
        scoring="f1_makro",
        fit="{epochs: ten, patience: 3}",
        seed="-1",
    )
    assert [one.split(": ")[:2] for one in found[:-1]] == [
        ["line 3", "search.random.sed"],
        ["line 4", "space.rate.loguniform"],
        ["line 5", "cv.KFold.n_split"],
        ["line 6", "scoring"],
        ["line 7", "fit.epochs"],
        ["line 7", "fit.patience"],
        ["line 8", "seed"],
    ]
    assert found[-1].startswith("model: is missing. `module:name` of a function")


def test_more_checks_join_the_list(text_of, tmp_path):
    """What another room finds is told with the rest, but not about a field that is wrong already."""
    (tmp_path / "study.yaml").write_text(text_of(seed="-1", model="os:getcwd"))
    says = Check(("store",), lambda study, folder: [Mistake(("store",), f"{study.store} below {folder.name}?")])
    silent = Check(("seed",), lambda *_: [Mistake(("seed",), "never told.")])
    with pytest.raises(StudyMistakes) as caught:
        reading.read(tmp_path / "study.yaml", checks=[says, silent])
    told = [str(mistake) for mistake in caught.value.mistakes]
    assert "line 6: seed: got -1; allowed is 0 or more." in told
    assert f"store: ./runs below {tmp_path.name}?" in told
    assert not any("never" in one for one in told)


def test_a_newer_format_is_refused_by_a_sentence():
    """A study of a later version is refused for that alone, not for the fields we don't know."""
    with pytest.raises(UsageError) as caught:
        reading.parse("format: 2\nnew_field: 1\n", "study.yaml")
    assert not isinstance(caught.value, StudyMistakes)
    assert str(caught.value).startswith("study.yaml has format 2; tunejob ")
    assert "reads format 1 and older. Update tunejob" in str(caught.value)


def test_a_study_without_format_is_read(study):
    """The first format need not be said."""
    assert study().format == 1


def test_the_store_can_be_given(text_of, beside):
    """``--store`` takes the place of the study's own."""
    folder = beside(study__yaml=text_of(), model__py="def build(units): ...", data__py="def load(): ...")
    assert reading.read(folder / "study.yaml", store="s3://bucket/runs").store == "s3://bucket/runs"


def test_a_file_that_is_not_there_names_the_nearest(beside):
    """A mistyped file name is told with one that is there."""
    folder = beside(study__yaml="")
    with pytest.raises(UsageError, match=r"study\.yml can't be read: No such file .* Did you mean .*study\.yaml\?"):
        reading.read(folder / "study.yml")
    with pytest.raises(UsageError, match=r"is a folder; name the study file in it"):
        reading.read(folder)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    """Bytes that are no UTF-8 are a mistake, not a traceback."""
    (tmp_path / "study.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(StudyMistakes, match="A study is UTF-8 text; this is not"):
        reading.read(tmp_path / "study.yaml")


def test_a_workers_mistakes_get_the_users_lines(text_of, tmp_path):
    """What a worker finds is told with the lines of the user's own file."""
    (tmp_path / "study.yaml").write_text(text_of())
    told = reading.place(tmp_path / "study.yaml", [Mistake(("data",), "load() gives no rows.")])
    assert str(told.mistakes[0]) == "line 3: data: load() gives no rows."


def test_the_cluster_decides_no_more_than_itself(study):
    """A field of its own section is taken as written, and the rest of the study is as without it."""
    assert study(cluster="{parallelism: 8}").model_copy(update={"cluster": study().cluster}) == study()
