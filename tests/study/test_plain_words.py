"""Words that are text without quotes, though their writers may mean booleans or nothing."""

import pytest

from job.study import document, plain_words, reading


@pytest.mark.parametrize(
    "space",
    [
        "{p: ['yes', \"no\"]}",
        "{p: [no, low, high]}",
        "{p: [x, y]}",
        "{p: [y]}",
        "{p: [none, l2]}",
        "{p: ['None', l2]}",
        "{p: [true, null]}",
        "{p: [[1, 2], {a: b}]}",
        "{p: [on, 0.5]}",
    ],
)
def test_words_that_are_meant_as_text_are_left_alone(space):
    """Quoted ones, and those in company of other text or numbers."""
    assert list(plain_words.find(document.load(f"space: {space}", "x").root)) == []


def test_words_are_found_wherever_any_value_stands():
    """In lists of lists, in mappings, in several spaces and in callbacks, with their lines; an alias once."""
    text = (
        "space:\n- a: [[yes, no], &b [off]]\n- c: [{bias: no}, *b]\n"
        "fit:\n  callbacks:\n  - m:C:\n      d: None\nname: no\n"
    )
    found = [(one.path, one.line) for one in plain_words.find(document.load(text, "x").root)]
    assert found == [
        ("space[0].a[0][0]", 2),
        ("space[0].a[0][1]", 2),
        ("space[0].a[1][0]", 2),
        ("space[1].c[0].bias", 3),
        ("fit.callbacks[0].m:C.d", 7),
    ]


def test_a_study_with_such_words_in_quotes_is_read_back(study):
    """What is stored has the quotes too."""
    one = study(space="{p: ['yes', 'No'], q: ['y', 'n'], r: ['None', 'on']}")
    assert reading.parse(reading.dump(one), "stored") == one
