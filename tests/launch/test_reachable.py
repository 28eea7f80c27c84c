"""What pods can't reach is refused before anything is sent."""

import pytest

from job.errors import UsageError
from job.launch.client.reachable import refuse_local, store_of
from job.study import reading

TEXT = "{{name: wine, model: 'model:build', data: {data}, search: grid, space: {{units: [1]}}, store: '{store}'}}"


def study(store="./runs", data="'data:load'"):
    """A study with this store and data."""
    target = ", target: y" if ".csv" in data else ""
    return reading.parse(TEXT.format(store=store, data=data + target), "study.yaml")


@pytest.mark.parametrize("store", ["./runs", "/home/ann/runs", "file:///home/ann/runs", "memory://x"])
def test_a_store_on_the_laptop_is_refused_with_three_ways_out(store, tmp_path):
    """The study, the option and the namespace's own store are named."""
    with pytest.raises(UsageError) as refused:
        refuse_local(study(store), tmp_path, None, None)
    said = str(refused.value)
    assert f"store: {store}. " in said
    for way in (
        "s3://BUCKET/PREFIX",
        "--store URL",
        "kubectl create configmap tunejob-store --from-literal=TUNEJOB_STORE",
    ):
        assert way in said


@pytest.mark.parametrize("store", ["s3://b/p", "gs://b", "az://c/p"])
def test_an_object_store_is_reached(store, tmp_path):
    """The clouds' stores are fine."""
    refuse_local(study(store), tmp_path, None, None)


def test_the_namespaces_own_store_serves_studies_that_name_none(tmp_path):
    """A study's folder gives way to the store that the cluster gives its pods; an object store of its own does not."""
    usual = "file:///mnt/runs"
    assert store_of(study(), None, usual) == usual
    assert store_of(study("s3://own"), None, usual) == "s3://own"
    assert store_of(study("s3://own"), "gs://given", usual) == "gs://given"
    assert store_of(study(), None, None) == "./runs"
    refuse_local(study(), tmp_path, None, usual)


def test_a_folder_that_is_asked_for_is_refused_too(tmp_path):
    """--store ./runs lies on the laptop whatever the namespace has."""
    with pytest.raises(UsageError, match=r"store: \./other"):
        refuse_local(study("s3://own"), tmp_path, "./other", "s3://usual")


@pytest.mark.parametrize("data", ["./train.npz", "train.csv", "[X.npy, y.npy]"])
def test_data_beside_the_study_is_refused_with_the_remedy(data, tmp_path):
    """Files that lie beside the study do not travel."""
    with pytest.raises(UsageError, match=r"data: .*Copy it into the store: `data: s3://BUCKET/FILE`.*file:///PATH"):
        refuse_local(study("s3://b", data), tmp_path, None, None)


def test_data_of_the_pods_own_is_not_refused(tmp_path):
    """A loader, an object store, and a path that only pods have."""
    here = tmp_path / "here.npz"
    here.touch()
    for data in ("'data:load'", "'s3://b/train.npz'", "'file:///data/train.npz'", "/data/of/pods/train.npz"):
        refuse_local(study("s3://b", data), tmp_path, None, None)
    with pytest.raises(UsageError, match=r"here\.npz"):
        refuse_local(study("s3://b", str(here)), tmp_path, None, None)


def test_everything_wrong_is_told_at_once(tmp_path):
    """Store and data in one error."""
    with pytest.raises(UsageError, match=r"store: \./runs(.|\n)*data: .*train\.npz"):
        refuse_local(study(data="./train.npz"), tmp_path, None, None)
