"""Why, in a line."""

import pytest

from job.retune.why import brief


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("no evidence", "no evidence"),
        ("", ""),
        ("it failed\nTraceback", "it failed"),
        ("The study has 1 mistake:\n  cv: no such\n  more", "The study has 1 mistake: cv: no such"),
        ("one two three four", "one two three four"),
        ("one two three, four five", "one two three …"),
    ],
)
def test_a_line_is_told_and_cut_between_words(why, said):
    """The first, and the second where the first announces it; no word is halved."""
    assert brief(why, 20) == said or brief(why) == said


def test_what_is_too_long_is_cut():
    """At 300 letters, between words."""
    said = brief("words " * 100)
    assert len(said) <= 300
    assert said.endswith("words …")
