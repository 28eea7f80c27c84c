"""Mistakes, told all at once."""

import json

import pytest

from job.errors import ExitCode
from job.study.mistakes import Mistake, StudyMistakes, collect, listed, nearest, shown


def test_mistakes_are_told_in_the_order_of_lines():
    """The text has one line for each mistake, those without a line last, none twice."""
    found = [Mistake(("b",), "is wrong.", 7), Mistake(("c",), "is missing."), Mistake(("a", 1, "x"), "is bad.", 2)]
    error = StudyMistakes("study.yaml", [*found, found[0]])
    assert str(error).splitlines() == [
        "study.yaml has 3 mistakes:",
        "  line 2: a[1].x: is bad.",
        "  line 7: b: is wrong.",
        "  c: is missing.",
    ]
    assert error.exit_code is ExitCode.USAGE


def test_collected_mistakes_are_raised_together():
    """What is added and what is raised inside ends in one list, with lines looked up."""

    def work():
        with collect("s.yaml", lambda mistake: Mistake(mistake.place, mistake.message, 5)) as found:
            found.add(("a",), "one.")
            raise StudyMistakes("elsewhere", [Mistake(("b",), "two.", 3)])

    with pytest.raises(StudyMistakes) as caught:
        work()
    assert [str(one) for one in caught.value.mistakes] == ["line 3: b: two.", "line 5: a: one."]


def test_nothing_collected_is_nothing_raised():
    """A block without mistakes ends quietly."""
    with collect("s.yaml") as found:
        assert found.mistakes == []


def test_other_errors_pass_through():
    """An exception that is no mistake of the study is not swallowed."""

    def work():
        with collect("s.yaml") as found:
            found.add(("a",), "one.")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_a_mistake_crosses_between_processes():
    """JSON brings back the same mistake."""
    mistake = Mistake(("space", 0, "units"), "is wrong.", 4)
    assert Mistake.from_json(json.loads(json.dumps(mistake.to_json()))) == mistake


@pytest.mark.parametrize(
    ("word", "allowed", "said"),
    [
        ("epoch", ["epochs", "batch_size"], " Did you mean `epochs`?"),
        ("STRATIFIEDKFOLD", ["KFold", "StratifiedKFold"], " Did you mean `StratifiedKFold`?"),
        ("zzz", ["epochs"], ""),
        (3, ["epochs"], ""),
    ],
)
def test_the_nearest_right_word_is_named(word, allowed, said):
    """A word is named only when it is near, whatever its case."""
    assert nearest(word, allowed) == said


def test_words_and_values_are_shown_short():
    """Lists read as in a sentence, long values are cut."""
    assert listed(["a"]) == "`a`"
    assert listed(["a", "b", "c"]) == "`a`, `b` and `c`"
    assert len(shown("x" * 200)) == 80
