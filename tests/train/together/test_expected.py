"""Which errors are expected where fits train together, and what is told of each."""

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from train.kept import Kept

from job.results.line import UNEXPECTED
from job.train.refusals import Alone
from job.train.state_archive import Keeper
from job.train.together import expected, shapes
from job.train.together.step import stack


def raised(by: Callable[[], Any]) -> Exception:
    """What a call raises, with where it came from."""
    try:
        by()
    except Exception as error:  # noqa: BLE001  # whatever it is
        return error
    raise AssertionError("it raised nothing")


def refusing() -> None:
    """One of our own refusals."""
    raise Alone("its build draws from `random`")


EXPECTED: dict[str, tuple[Callable[[], Any], str]] = {
    "a refusal": (refusing, "its build draws from `random`"),
    "the user's own code": (lambda: {"depth": 1}["width"], "KeyError: 'width'"),
    "Python, called by the user's": (lambda: json.loads("{"), "JSONDecodeError: Expecting property name"),
    "Keras": (lambda: keras.layers.Dense(0), "ValueError: Received an invalid value for `units`"),
    "a kernel of TensorFlow": (lambda: tf.ones((2, 3)) @ tf.ones((4, 5)), "InvalidArgumentError: "),
    "a kernel amid Keras's words": (
        lambda: keras.layers.Rescaling(np.ones(5))(np.ones((2, 3))),
        "InvalidArgumentError: ",
    ),
    "a file without words": (lambda: (_ for _ in ()).throw(ValueError), "ValueError"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_others_refuse_is_told_in_a_line(name: str) -> None:
    """Ours, the user's, Keras's and TensorFlow's: by its kind and what it says, even in a strict process."""
    by, line = EXPECTED[name]
    error = raised(by)
    assert expected.is_expected(error)
    found = expected.told(error, strict=True)
    assert found.startswith(line)
    assert not expected.is_ours(error)


def test_the_line_is_the_one_that_says_what_is_wrong() -> None:
    """Of a message of many lines in colours, which begins with where it was and ends with what was given."""
    error = raised(EXPECTED["a kernel amid Keras's words"][0])
    assert "Exception encountered when calling Rescaling.call()" in str(error)
    found = expected.told(error, strict=True)
    assert "Incompatible shapes: [2,3] vs. [5]" in found
    assert not any(one in found for one in ("\n", "\x1b", "Exception encountered", "Arguments received"))


def misread() -> None:
    """A state whose JSON is none, read by our own code."""
    kept, file = Kept(), io.BytesIO()
    np.savez(file, told=np.array("{"))
    kept.save(file.getvalue())
    Keeper(kept, "group", []).kept()


OURS: dict[str, Callable[[], Any]] = {
    "an attribute that is not there": lambda: shapes.of(None),  # type: ignore[arg-type]
    "fits of unequal numbers of variables": lambda: stack.stacked([[np.ones(1)], []]),
    "Python, called by ours": misread,
}
"""Faults of this project's own, provoked by what nobody gives; two are of a kind that Keras refuses by."""


@pytest.mark.parametrize("name", OURS)
def test_a_fault_of_our_own_is_marked_and_logged(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """With its traceback in the log; the line is what the user sees."""
    error = raised(OURS[name])
    assert not expected.is_expected(error)
    assert expected.is_ours(error)
    with caplog.at_level(logging.ERROR):
        found = expected.told(error, strict=False)
    assert found.startswith(f"{UNEXPECTED}{type(error).__name__}: {str(error)[:20]}")
    assert [one.exc_info[1] for one in caplog.records if one.exc_info] == [error]


def test_a_slip_within_a_library_is_no_refusal() -> None:
    """Neither ours nor expected: nobody refuses by an attribute that is not there, so somebody called it wrongly."""
    error = raised(lambda: keras.optimizers.SGD().build([3]))
    assert isinstance(error, AttributeError)
    assert not expected.is_expected(error)
    assert not expected.is_ours(error)


@pytest.mark.parametrize("name", OURS)
def test_a_strict_process_raises_it(name: str) -> None:
    """As this project's tests do: the error itself, and not another one."""
    error = raised(OURS[name])
    with pytest.raises(type(error)) as again:
        expected.told(error, strict=True)
    assert again.value is error
