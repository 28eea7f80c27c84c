"""From a trial and a fold to a request."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight
from train import models
from train.cases import Case

from job.data.rows import Fold
from job.errors import UsageError
from job.plan.plan import Trial
from job.train import requests

rng = np.random.default_rng(1)
X = rng.normal(size=(40, 6)).astype("float32")
Y = np.array(["no"] * 30 + ["yes"] * 10)
FOLD = Fold(np.arange(5, 35), np.arange(5))


def case(y=Y, **fit):
    """A study with these settings of the fit."""
    return Case(models.dense, X, y, settings={"fit": fit})


def test_params_go_to_build_to_the_fit_or_to_both():
    """``units`` is build's, ``batch_size`` the fit's; the study's settings hold for the rest."""
    request = case(epochs=7).request({"units": 3, "batch_size": 5}, FOLD)
    assert request.build == {"units": 3}
    assert (request.settings.epochs, request.settings.batch_size) == (7, 5)
    assert request.params == {"units": 3, "batch_size": 5}


def test_validation_rows_are_the_last_of_the_training_rows():
    """A fifth of 30 rows is held out; the test rows stay apart."""
    request = case(validation_split=0.2).request({}, FOLD)
    assert request.train.tolist() == list(range(5, 29))
    assert request.validation.tolist() == list(range(29, 35))
    assert request.test.tolist() == list(range(5))


def test_balanced_weights_are_those_of_scikit_learn_on_the_training_rows():
    """25 times no and 5 times yes in the fold, whatever the rest of the data holds."""
    request = case(class_weight="balanced").request({}, FOLD)
    expected = compute_sample_weight("balanced", Y[FOLD.train])
    assert request.class_weight == pytest.approx({0: expected[0], 1: expected[-1]})


@pytest.mark.parametrize(
    ("y", "given"),
    [
        (Y, {"yes": 3.0}),
        ((Y == "yes").astype(int), {"1": 3.0}),
        (Y == "yes", {"True": 3.0}),
        (Y == "yes", {"true": 3.0}),
    ],
)
def test_weights_are_given_by_label(y, given):
    """A label is found as YAML spells it; classes that are left out weigh one."""
    assert case(y, class_weight=given).request({}, FOLD).class_weight == {1: 3.0}


def test_settings_that_contradict_the_data_are_told():
    """An unknown label, weights for a regression, and a split that leaves nothing are mistakes of the study."""
    with pytest.raises(UsageError, match="there is no class 'maybe'; the classes are 'no', 'yes'"):
        case(class_weight={"maybe": 2.0}).request({}, FOLD)
    with pytest.raises(UsageError, match="the task is regression"):
        case(X[:, 0], class_weight="balanced").request({}, FOLD)
    with pytest.raises(UsageError, match="leaves 0 to train on and 2 to validate on"):
        case(validation_split=0.9).request({}, Fold(np.arange(2), np.arange(3)))


def test_an_estimator_judges_its_settings_by_itself():
    """Its own validation rows are not the study's, and its labels may be read otherwise."""
    of = case(X[:, 0], class_weight="balanced", early_stopping={"patience": 1})
    facts = of.facts.model_copy(update={"estimator": True})
    assert requests.make(of.study, facts, Trial(0, {}), 0, FOLD, of.rows).settings.early_stopping is not None
    other = case(early_stopping={"patience": 1})
    with pytest.raises(UsageError, match="no rows are held out"):
        other.request({}, FOLD)


def test_seed_and_identity_do_not_know_places():
    """Neither a trial's number nor a fold's number nor the order of params changes what a fit is."""
    of = case()
    one = requests.make(of.study, of.facts, Trial(0, {"units": 3, "rate": 0.1}), 0, FOLD, of.rows)
    two = requests.make(of.study, of.facts, Trial(9, {"rate": 0.1, "units": 3}), 4, FOLD, of.rows)
    other = requests.make(of.study, of.facts, Trial(0, {"units": 4, "rate": 0.1}), 0, FOLD, of.rows)
    assert (one.seed, one.identity) == (two.seed, two.identity)
    assert one.seed != other.seed
    assert one.identity != other.identity


def test_the_refit_trains_on_all_rows():
    """As a fold does, validation rows held out, and with nothing to predict."""
    of = case(validation_split=0.25)
    request = requests.refit(of.study, of.facts, Trial(3, {"units": 3}), of.rows)
    assert request.train.tolist() == list(range(30))
    assert request.validation.tolist() == list(range(30, 40))
    assert not len(request.test)
    assert not request.predict_train
