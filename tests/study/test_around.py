"""Trials near the model in use: narrowed on each parameter's own scale, the others scikit-learn's."""

import numpy as np
import pytest
from sklearn.model_selection import ParameterSampler

from job.study import reading, search

TEXT = """
name: near
model: model:build
data: data:load
search: {{random: {{trials: 60, seed: 3{share}}}}}
space: {space}
"""
SPACE = "{rate: {loguniform: [1e-5, 1e-1]}, units: {randint: [8, 257]}, depth: [1, 2, 3, 4, 5], kind: [a, b, c, d]}"
CHAMPION = {"rate": 1e-3, "units": 100, "depth": 3, "kind": "a"}


def study(share=", around_champion: 0.5", space=SPACE):
    """A study with a share of its trials near the champion."""
    return reading.parse(TEXT.format(share=share, space=space), "study.yaml")


def test_the_other_trials_are_scikit_learns_draws():
    """The first half is what ParameterSampler draws with the seed; without champion or share all are."""
    from scipy.stats import loguniform, randint

    space = {"rate": loguniform(1e-5, 1e-1), "units": randint(8, 257), "depth": [1, 2, 3, 4, 5], "kind": list("abcd")}
    drawn = [
        {name: one.item() if hasattr(one, "item") else one for name, one in params.items()}
        for params in ParameterSampler(space, 60, random_state=3)
    ]
    found = list(search.candidates(study(), champion=CHAMPION))
    assert len(found) == 60
    assert found[:30] == drawn[:30]
    assert found[30:] != drawn[30:]
    assert list(search.candidates(study())) == drawn
    assert list(search.candidates(study(share=""), champion=CHAMPION)) == drawn


def test_near_is_narrow_on_each_scale():
    """A fifth of a log-uniform's decades, of integers and of a list's neighbours, around the champion."""
    found = list(search.candidates(study(), champion=CHAMPION))[30:]
    rates = np.log10([one["rate"] for one in found])
    assert (np.abs(rates + 3) <= 0.4 + 1e-9).all()
    assert rates.min() < -3.1 < -2.9 < rates.max()
    assert all(type(one["units"]) is int and abs(one["units"] - 100) <= 26 for one in found)
    assert {one["depth"] for one in found} == {2, 3, 4}
    assert {one["kind"] for one in found} == {"a", "b"}
    assert len({str(one) for one in found}) == 30
    assert found == list(search.candidates(study(), champion=CHAMPION))[30:]


def test_a_champion_at_an_edge_or_outside_stays_within_the_space():
    """Values are within the space, as wide as elsewhere."""
    champion = {"rate": 0.5, "units": 8, "depth": 9, "kind": "gone"}
    found = list(search.candidates(study(), champion=champion))[30:]
    assert all(10**-1.8 - 1e-9 <= one["rate"] <= 0.1 + 1e-9 and 8 <= one["units"] <= 58 for one in found)
    assert {one["depth"] for one in found} == {4, 5}
    assert {one["kind"] for one in found} == set("abcd")


@pytest.mark.parametrize(("value", "near"), [(1, {1, 2}), (3, {2, 3, 4}), (5, {4, 5}), (3.2, {2, 3, 4}), (9, {4, 5})])
def test_of_few_integers_both_neighbours_are_near(value, near):
    """Each value of a short discrete distribution has those below and above near it, and whole ones alone."""
    one = study(space="{units: {randint: [1, 6]}, rate: {uniform: [0, 1]}}")
    found = list(search.candidates(one, champion={"units": value, "rate": 0}))[30:]
    assert {point["units"] for point in found} == near
    assert {type(point["units"]) for point in found} == {int}
    assert {type(point["rate"]) for point in found} == {float}


def test_a_champion_far_in_a_tail_has_neighbours():
    """Where a discrete distribution has hardly any probability, trials are whole numbers still."""
    one = study(space="{units: {poisson: [3]}}")
    found = list(search.candidates(one, champion={"units": 60}))[30:]
    assert all(type(point["units"]) is int and 0 <= point["units"] <= 61 for point in found)


def test_a_champion_of_other_parameters_has_no_near():
    """Where no space has its parameters, all trials are scikit-learn's."""
    assert list(search.candidates(study(), champion={"rate": 1e-3})) == list(search.candidates(study()))


def test_of_several_spaces_the_champions_own_is_narrowed():
    """The space with the champion's parameters is the one that is near."""
    two = "[{optimizer: [sgd], momentum: {uniform: [0, 1]}}, {optimizer: [adam]}]"
    found = list(search.candidates(study(space=two), champion={"optimizer": "sgd", "momentum": 0.5}))[30:]
    assert all(one["optimizer"] == "sgd" and 0.4 <= one["momentum"] <= 0.6 for one in found)


def test_of_spaces_with_the_same_parameters_the_one_with_the_champions_values_is_narrowed():
    """Each optimizer has a range of its own: the first one's would be far from the champion."""
    two = "[{optimizer: [sgd], rate: {loguniform: [1e-2, 1]}}, {optimizer: [adam], rate: {loguniform: [1e-5, 1e-3]}}]"
    found = list(search.candidates(study(space=two), champion={"optimizer": "adam", "rate": 1e-4}))[30:]
    assert all(one["optimizer"] == "adam" and 6e-5 <= one["rate"] <= 1.6e-4 for one in found)


@pytest.mark.parametrize("share", ["0", "1.5", "-0.5", "many"])
def test_a_share_is_a_part_of_one(share):
    """Other shares are refused at their place."""
    with pytest.raises(Exception, match="around_champion"):
        study(share=f", around_champion: {share}")


def test_it_is_written_as_it_is_read():
    """A study with a share is equal after it was written."""
    one = study()
    assert reading.parse(reading.dump(one), "study.yaml") == one
    assert "around_champion: 0.5" in reading.dump(one)
