"""Targets as a table, a dict or a tuple: their parts, and the task they set together."""

import numpy as np
import pandas as pd
import pytest
from made_rows import rows

from job.data import fingerprint
from job.errors import DataError

PRICE, AREA = np.array([1.5, 2.5, 3.5]), np.array([4.0, 5.5, 6.0])
ONES = np.array([1, 0, 1])


@pytest.mark.parametrize(
    "y",
    [
        pd.DataFrame({"price": PRICE, "area": AREA}),
        {"price": PRICE, "area": AREA},
        {"price": PRICE[:, None], "area": AREA},
    ],
)
def test_amounts_by_name_are_one_regression(y: object) -> None:
    """Scorers see a matrix in the data's order, and each column has its name."""
    found = rows(y=y, X=np.zeros((3, 2)))
    assert (found.task, found.classes) == ("regression", None)
    assert found.y.tolist() == np.column_stack([PRICE, AREA]).tolist()
    assert [one.name for one in found.parts] == ["price", "area"]
    assert [np.ravel(one.encoded).tolist() for one in found.parts] == [PRICE.tolist(), AREA.tolist()]


def test_labels_that_are_there_or_not_by_name_are_multilabel() -> None:
    """Even where each row happens to have one of them."""
    found = rows(y={"a": ONES, "b": 1 - ONES}, X=np.zeros((3, 2)))
    assert (found.task, found.y.tolist()) == ("multilabel", [[1, 0], [0, 1], [1, 0]])


def test_a_table_of_one_hot_rows_is_decoded() -> None:
    """What get_dummies makes is classes, as ever."""
    found = rows(y=pd.get_dummies(pd.Series(list("aba"))), X=np.zeros((3, 2)))
    assert (found.task, found.y.tolist(), len(found.parts)) == ("binary", [0, 1, 0], 1)


def test_several_tasks_need_scorers_that_read_outputs() -> None:
    """Each array keeps its own task; words become indices."""
    y = {"kind": np.array(list("xyx")), "cost": PRICE}
    with pytest.raises(DataError, match=r"'kind'\] is binary .*'cost'\] is regression .*outputs: scores:fits"):
        rows(y=y, X=np.zeros((3, 2)))
    found = rows(y=y, X=np.zeros((3, 2)), scoring={"outputs": "scores:fits"})
    assert (found.task, found.y, [one.task for one in found.parts]) == ("own", None, ["binary", "regression"])
    assert found.parts[0].encoded.tolist() == [0, 1, 0]
    assert found.given["kind"].tolist() == ["x", "y", "x"]


def test_names_and_forms_of_y_are_part_of_the_data() -> None:
    """They decide what a loss sees: other ones are other data."""
    X = np.zeros((3, 2))
    several = [
        pd.DataFrame({"price": PRICE, "area": AREA}),
        pd.DataFrame({"area": PRICE, "price": AREA}),
        np.column_stack([PRICE, AREA]),
        ONES,
        ONES[:, None],
        np.eye(2)[ONES],
    ]
    assert len({fingerprint.of(rows(y=y, X=X)) for y in several}) == len(several)


def test_arrays_of_other_lengths_are_told() -> None:
    """By their names."""
    with pytest.raises(DataError, match=r"y\['a'\] has 3 rows, y\['b'\] has 2 rows"):
        rows(y={"a": PRICE, "b": AREA[:2]}, X=np.zeros((3, 2)))
