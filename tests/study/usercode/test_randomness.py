"""Which call of a loader is told when its rows differ from load to load."""

import pytest

from job.study.usercode import randomness

LIKELY = {
    "X, X2, y, y2 = train_test_split(X, y)": "`train_test_split` without random_state",
    "df = df.sample(frac=1)": "`sample` without random_state",
    "X, y = sklearn.utils.shuffle(X, y)": "`shuffle` without random_state",
    "X, y = shuffle(X, y, random_state=None)": "`shuffle` without random_state",
    "np.random.shuffle(X)": "`np.random.shuffle` without a seed",
    "order = np.random.permutation(len(X))": "`np.random.permutation` without a seed",
    "rng = np.random.default_rng()": "`default_rng()` without a seed",
    "random.shuffle(rows)": "`random.shuffle` without a seed",
    'image_dataset_from_directory("pictures")': "`image_dataset_from_directory` shuffles: give it shuffle=False",
    "dataset = dataset.shuffle(1000)": "`.shuffle` of a dataset",
    "dataset.shuffle(1000, seed=0)": "`.shuffle` of a dataset",
    "names = list(set(names))": "`set` has no order of its own",
    "files = os.listdir(folder)": "`listdir` gives files in any order",
    "now = time.time()": "`time.time` differs each time",
    "X, y = make_classification()": "`make_classification` without random_state",
}
SAME = [
    "train_test_split(X, y, random_state=0)",
    "np.random.seed(0)\nnp.random.shuffle(X)",
    "rng = np.random.default_rng(0)\nrng.shuffle(X)",
    "sorted(set(names))",
    "for file in sorted(os.listdir(folder)): pass",
    'image_dataset_from_directory("pictures", shuffle=False)',
    "dataset.shuffle(10, seed=0, reshuffle_each_iteration=False)",
    "df.sample(frac=1, random_state=3)",
]


@pytest.mark.parametrize(("source", "told"), LIKELY.items())
def test_a_call_that_differs_each_time_is_named_with_its_remedy(tmp_path, source, told):
    """The line and what makes it the same each time."""
    (tmp_path / "data.py").write_text(f"def load():\n    {source}\n")
    found = list(randomness.calls(tmp_path / "data.py"))
    assert [line for line, _ in found] == [2]
    assert told in found[0][1]


@pytest.mark.parametrize("source", SAME)
def test_a_seeded_or_sorted_call_is_not_named(tmp_path, source):
    """Nothing is said against what gives the same each time."""
    (tmp_path / "data.py").write_text(f"{source}\n")
    assert list(randomness.calls(tmp_path / "data.py")) == []
