"""What is kept from group to group: a blueprint for each params, rows and programs that fits share, and why not."""

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812
from train.together import against

from job.results.line import UNEXPECTED
from job.train.device_faults import DeviceFault
from job.train.refusals import Alone, ByFit
from job.train.together import study_cache
from job.train.together.model import blueprint, reference
from job.train.together.program.xla import Policy
from job.train.together.study_cache import StudyCache

BUILT = []


def build(units=4, momentum=0.5):
    """A network that notes that it was built."""
    BUILT.append(units)
    model = keras.Sequential([keras.Input((12,)), L.Dense(units), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(0.01, momentum=momentum), "binary_crossentropy")
    return model


@pytest.fixture
def case():
    """A study of it."""
    BUILT.clear()
    return against.case(build)


@pytest.fixture
def cache(case):
    """What its worker keeps."""
    return StudyCache(build, case.material)


def test_a_model_is_built_once_for_its_params(case, cache):
    """However many folds it has."""
    found = [cache.blueprint(request) for request in against.requests(case, [{"units": 4}, {"units": 5}])]
    assert found[0] is found[1]
    assert found[1] is not found[2]
    assert BUILT == [4, 5]


def test_programs_are_shared_as_far_as_shapes_allow(case, cache):
    """One for all shapes where dimensions are free, one for each where they are not; the rows lie there once."""
    four, five = (cache.blueprint(case.request({"units": units})) for units in (4, 5))
    assert cache.program(four, weighted=False, free=True) is cache.program(five, weighted=False, free=True)
    own = [cache.program(one, weighted=False, free=False) for one in (four, five)]
    assert own[0] is not own[1]
    assert own[0].table is own[1].table
    assert cache.table(four, weighted=True) is not own[0].table


def test_what_is_alike_in_all_fits_is_baked_in(case, cache):
    """A momentum that is met once is a constant of the program; a second one makes it a tensor of each fit's own."""
    first = cache.blueprint(case.request({"momentum": 0.5}))
    assert cache.places(first) == []
    cache.blueprint(case.request({"momentum": 0.9}))
    (place,) = cache.places(first)
    assert cache.constants(first)[place] is None
    assert first.signature.leaves[place].value == pytest.approx(0.5)


def test_class_weights_stand_in_rows_of_the_fits(case):
    """Ones where a fit has none."""
    weighted = against.case(build, class_weight={0: 2.0})
    cache = StudyCache(build, weighted.material)
    found = cache.classes([weighted.request({}), case.request({})])
    np.testing.assert_array_equal(found, [[2.0, 1.0], [1.0, 1.0]])
    assert cache.weighted([weighted.request({})])
    assert not cache.weighted([case.request({})])


def test_callbacks_look_at_one_model(case):
    """So such fits go by ``fit``, and nothing is built for them."""
    with_callbacks = against.case(build, callbacks=["keras.callbacks:TerminateOnNaN"])
    cache = StudyCache(build, with_callbacks.material)
    with pytest.raises(ByFit, match="it has callbacks"):
        cache.blueprint(with_callbacks.request({}))
    assert BUILT == []


def broken(units=4):
    """A build that fails."""
    raise ZeroDivisionError("by me")


def test_what_a_build_raises_is_the_users_own():
    """It is a reason, kept like a blueprint, and no fault of this project."""
    case = against.case(broken)
    cache = StudyCache(broken, case.material, Policy(strict=True))
    for _ in range(2):
        with pytest.raises(ByFit, match=r"can't be built without values \(ZeroDivisionError: by me\)"):
            cache.blueprint(case.request({}))


@pytest.mark.parametrize("strict", [True, False])
def test_what_nobody_foresaw_is_told_as_such(case, monkeypatch, strict, caplog):
    """An error that arises in code of ours: raised in tests, and for users logged and marked."""

    def faulty(request, build, material):
        return blueprint.Blueprint()  # lacks all arguments

    faulty.__code__ = faulty.__code__.replace(co_filename=study_cache.__file__)
    monkeypatch.setattr(study_cache.blueprint, "draw", faulty)
    cache = StudyCache(build, case.material, Policy(strict=strict))
    with pytest.raises(TypeError if strict else ByFit) as raised:
        cache.blueprint(case.request({}))
    if not strict:
        assert str(raised.value).startswith(f"{UNEXPECTED}TypeError: ")
        assert "unexpected error while training together" in caplog.text


def test_a_device_that_is_lost_while_a_model_is_built_is_no_reason(case, cache, monkeypatch):
    """Its worker ends, instead of training every fit of these params by Keras on a device that is not there."""

    def lost(*_):
        raise RuntimeError("CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure")

    monkeypatch.setattr(study_cache.blueprint, "draw", lost)
    with pytest.raises(DeviceFault, match="CUDA_ERROR_LAUNCH_FAILED"):
        cache.blueprint(case.request({}))


def test_a_reference_that_cannot_be_stepped_is_the_users_own(case, cache):
    """A second build for rows of another width: such a fit is trained alone, and says why."""
    request = case.request({})
    found = cache.blueprint(request)

    def narrow(**_):
        model = keras.Sequential([keras.Input((5,)), L.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    cache.build = narrow
    with pytest.raises(Alone, match="its model can't be stepped to compare with"):
        cache.reference(found, request, whole=True)


@pytest.mark.parametrize("strict", [True, False])
def test_a_fault_of_ours_while_a_reference_is_stepped_is_told_as_such(case, monkeypatch, strict, caplog):
    """Raised in tests; for users logged and marked, and the fit trains alone."""
    cache = StudyCache(build, case.material, Policy(strict=strict))
    found = cache.blueprint(case.request({}))
    monkeypatch.setattr(study_cache.reference.after_step, "whole", lambda *_: reference.of())
    source = study_cache.reference.after_step.whole
    source.__code__ = source.__code__.replace(co_filename=study_cache.__file__)
    with pytest.raises(TypeError if strict else Alone) as raised:
        cache.reference(found, case.request({}), whole=True)
    if not strict:
        assert str(raised.value).startswith(f"{UNEXPECTED}TypeError: ")
        assert "unexpected error while training together" in caplog.text


@pytest.mark.parametrize("strict", [True, False])
def test_a_slip_within_keras_while_a_reference_is_stepped_is_told_as_such(case, monkeypatch, strict, caplog):
    """Nobody refuses by an attribute that is not there: what changes Keras meanwhile is ours, and likely to blame."""
    cache = StudyCache(build, case.material, Policy(strict=strict))
    found = cache.blueprint(case.request({}))
    monkeypatch.setattr(study_cache.reference.after_step, "whole", lambda *_: keras.optimizers.SGD().build([3]))
    with pytest.raises(AttributeError if strict else Alone) as raised:
        cache.reference(found, case.request({}), whole=True)
    if not strict:
        assert str(raised.value).startswith(f"{UNEXPECTED}AttributeError: ")
        assert "unexpected error while training together" in caplog.text
