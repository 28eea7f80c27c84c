"""Ways of training are explained where they are shown."""

import pytest

from job.results.ways import explained

GRAPHS = ("graph", "XLA", "graph, then XLA")


TOGETHER = [f"{shape}-shape {one}" for shape in ("any", "one") for one in GRAPHS]


@pytest.mark.parametrize("way", ["fit", "none", *TOGETHER])
def test_each_way_is_explained(way):
    """In words that are not its name, and differ from those of all others."""
    assert way not in explained(way) or way == "fit"
    assert explained(way) != way


def test_a_way_of_another_version_is_told_by_its_name():
    """There is nothing to say of it."""
    assert explained("two-shape loop") == "two-shape loop"
