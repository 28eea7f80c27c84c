"""When a group changes over to what XLA compiled: weighed by what is left, and undone where the graph was faster."""

from types import SimpleNamespace

import pytest

from job.results.line import UNEXPECTED
from job.train import clock
from job.train.device_faults import DeviceFault
from job.train.together import expected
from job.train.together.program.xla import Changeover, Policy


def changeover(policy=None, **program):
    """One of a program of which this is known: compiling costs a second and halves a step."""
    known = {"unlike": set(), "uncompilable": None, "compile_seconds": 1.0, "ratio": 0.5, "train_compiled": None}
    return Changeover(SimpleNamespace(measured_compile=None, **known | program), policy or Policy())


def compiling(calls, error=None):
    """What prepares a call, which is noted, or fails."""

    def call():
        calls.append(1)
        if error is not None:
            raise error

    return lambda: call


@pytest.fixture(autouse=True)
def one_core(monkeypatch):
    """So that a compilation is waited for."""
    monkeypatch.setattr(clock, "cores", lambda: 1)


def epochs(found, *seconds, left=100, calls):
    """Epochs of so many seconds each."""
    for place, one in enumerate(seconds):
        found.ended(one, left - place, compiling(calls))


def test_compiling_has_to_be_repaid_by_the_steps_left():
    """Half of a hundred epochs of 0.3 s are worth more than a second; half of two are not."""
    calls, found = [], changeover()
    epochs(found, 0.3, left=2, calls=calls)
    assert (calls, found.used) == ([], "no")
    assert "XLA would save 300 ms and compiling costs 1 s" in found.why
    found = changeover()
    epochs(found, 0.3, left=100, calls=calls)
    assert (calls, found.used, found.compiled) == ([1], "midway", True)
    assert found.program.measured_compile is not None


def test_a_first_epoch_that_is_short_tells_too_little():
    """It has what is only once; the second is weighed."""
    calls, found = [], changeover()
    epochs(found, 0.1, calls=calls)
    assert found.why == "too short to weigh compiling"
    epochs(found, 0.1, calls=calls)
    assert calls == [1]


@pytest.mark.parametrize(
    ("policy", "program", "why"),
    [
        (Policy(compiling="never"), {}, "compiling was not allowed"),
        (Policy(), {"unlike": {"gamma", "beta"}}, "XLA draws other random numbers for beta, gamma"),
        (Policy(), {"uncompilable": "XLA has no such kernel"}, "XLA has no such kernel"),
    ],
)
def test_what_may_not_be_compiled_says_why(policy, program, why):
    """However much it would save."""
    calls, found = [], changeover(policy, **program)
    epochs(found, 50.0, calls=calls)
    assert (calls, found.why) == ([], why)


def test_what_xla_refuses_is_remembered_for_the_program():
    """The graph goes on, and nobody tries again."""
    calls, found = [], changeover()
    found.ended(1.0, 100, compiling(calls, ValueError("no kernel\nfor this")))
    assert not found.compiled
    assert found.program.uncompilable == "XLA cannot compile it: ValueError: no kernel"
    found.ended(1.0, 99, compiling(calls))
    assert calls == [1]


@pytest.mark.parametrize("error", [AssertionError(), NotImplementedError()], ids=repr)
def test_an_error_without_words_is_one(error):
    """What failed is never changed over to, and why is known though the group's shape changes before anybody asks."""
    found = changeover()
    found.ended(1.0, 100, compiling([], error))
    assert (found.compiled, found.ever) == (False, False)
    assert found.why == f"XLA cannot compile it: {type(error).__name__}"
    found = changeover(Policy(compiling="measured"))
    found._start(compiling([], error))
    found.back()
    assert found.program.uncompilable == f"XLA cannot compile it: {type(error).__name__}"


def test_an_error_that_nobody_foresaw_is_raised_in_tests_and_marked_elsewhere(monkeypatch, caplog):
    """In the thread that waits, and not lost in the one that compiles."""
    monkeypatch.setattr(expected, "is_expected", lambda _: False)
    with pytest.raises(KeyError):
        changeover().ended(1.0, 100, compiling([], KeyError("weights")))
    found = changeover(Policy(strict=False))
    found.ended(1.0, 100, compiling([], KeyError("weights")))
    assert found.why.startswith(f"XLA cannot compile it: {UNEXPECTED}KeyError")
    assert "unexpected error" in caplog.text


def test_a_device_that_is_lost_while_xla_compiles_is_no_refusal():
    """Its worker ends, and another one trains the group: also where nobody waits before the shape changes."""
    lost = RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered")
    with pytest.raises(DeviceFault, match="CUDA_ERROR_ILLEGAL_ADDRESS"):
        changeover().ended(1.0, 100, compiling([], lost))
    found = changeover()
    found._start(compiling([], lost))
    with pytest.raises(DeviceFault):
        found.back()
    assert found.program.uncompilable is None


def test_a_graph_that_was_faster_is_gone_back_to():
    """By two epochs, and more than a little; the program's ratio is what was measured."""
    calls, found = [], changeover()
    epochs(found, 1.0, 1.2, calls=calls)
    assert found.compiled
    epochs(found, 1.3, calls=calls)
    assert not found.compiled
    assert found.program.ratio == pytest.approx(1.2)
    assert found.why.endswith("but the graph is faster")
    assert found.used == "midway"


def test_what_was_compiled_for_another_shape_is_of_no_use():
    """The stack has shrunk: weighed anew."""
    calls, found = [], changeover()
    epochs(found, 1.0, calls=calls)
    found.back()
    assert not found.compiled
    epochs(found, 1.0, calls=calls)
    assert calls == [1, 1]
    found.end()


def test_at_once_is_before_the_first_epoch():
    """As tests and benchmarks ask for."""
    calls, found = [], changeover(Policy(compiling="at once"))
    found.begin(compiling(calls))
    assert (calls, found.used) == ([1], "at once")
