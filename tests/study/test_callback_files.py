"""Callbacks with paths: no two fits write one file."""

import pytest

from job.study import reading
from job.study.mistakes import StudyMistakes

STUDY = "name: s\nmodel: m:build\ndata: d:load\nsearch: grid\nspace: {units: [2, 4]}\ncv: 3\nfit: {callbacks: [%s]}\n"


def wrong(callback: str, study: str = STUDY) -> list[str]:
    """The mistakes of a study with this callback."""
    try:
        reading.parse(study % callback, "study.yaml")
    except StudyMistakes as error:
        return [str(one) for one in error.mistakes]
    return []


@pytest.mark.parametrize(
    ("callback", "right"),
    [
        ("{'keras.callbacks:CSVLogger': {filename: log.csv}}", "`filename: log-{trial}-{fold}.csv`"),
        ("{'keras.callbacks:CSVLogger': {filename: 'log-{trial}.csv'}}", "`filename: log-{trial}-{fold}.csv`"),
        ("{'keras.callbacks:ModelCheckpoint': {filepath: 'a.b/{epoch}.keras'}}", "a.b/{epoch}-{trial}-{fold}.keras"),
        ("{'keras.callbacks:TensorBoard': {log_dir: logs}}", "`log_dir: logs-{trial}-{fold}`"),
        ("{'keras.callbacks:BackupAndRestore': {backup_dir: /tmp/back/}}", "`backup_dir: /tmp/back-{trial}-{fold}`"),
        ("{'my:Writer': {out_path: 'x.{fold:02d}.json'}}", "Put `{trial}` into it"),
    ],
)
def test_a_path_that_two_fits_share_is_refused_with_one_they_do_not(callback, right) -> None:
    """Keras's own callbacks and a user's, by the argument's name; what is missing is named, and where it could go."""
    (told,) = wrong(callback)
    assert "line 7: fit.callbacks[0]" in told
    assert right in told


@pytest.mark.parametrize(
    "callback",
    [
        "{'keras.callbacks:CSVLogger': {filename: '{run}/log-{trial}-{fold}.csv'}}",
        "{'keras.callbacks:TensorBoard': {log_dir: 'logs/{trial:03d}/{fold}'}}",
        "{'keras.callbacks:ReduceLROnPlateau': {monitor: loss}}",
        "{'my:Reader': {words: words.txt}}",
    ],
)
def test_what_is_no_shared_path_passes(callback) -> None:
    """With each fit's own numbers, or where nothing says that a file is written."""
    assert wrong(callback) == []


def test_a_study_of_one_trial_needs_its_folds_alone() -> None:
    """Its fits differ by their folds, the refit's being called `refit`."""
    one = STUDY.replace("[2, 4]", "[2]")
    assert wrong("{'keras.callbacks:CSVLogger': {filename: 'log-{fold}.csv'}}", one) == []
    assert wrong("{'keras.callbacks:CSVLogger': {filename: log.csv}}", one) != []
