"""An earlier champion put in use again."""

import re
from uuid import uuid4

import pytest
from retune.made_retunes import champion, narrow, retuned, wide

from job.errors import UsageError
from job.retune import champion as in_use
from job.retune.rollback import numbers, rollback
from job.store import keys, open_store


@pytest.fixture
def store():
    """An empty store."""
    return open_store(f"memory://{uuid4().hex}")


def test_rolling_back_puts_the_one_before_in_use(store):
    """By compare-and-swap as every change, kept in the history; the next retune on the same data leaves it."""
    retuned(store, narrow)
    first = champion(store)
    with pytest.raises(UsageError, match="none to go back to"):
        rollback(store, "flowers")
    retuned(store, wide, "data 2")
    back = rollback(store, "flowers")
    assert (back.serial, back.params, back.model) == (3, first.params, first.model)
    assert champion(store) == back
    assert in_use.history(store, "flowers")[0].verdict == "rolled back"
    assert retuned(store, wide, "data 2")[0].verdict == "unchanged"
    again = rollback(store, "flowers")
    assert (again.serial, again.previous, again.params["units"]) == (4, 3, 32)
    assert rollback(store, "flowers").model == first.model


def test_rolling_back_goes_to_any_earlier_one_by_its_number(store):
    """What it was put in use for is told with a time that people read; what is in use, or never was, is refused."""
    for score, data in ((narrow, "data 1"), (wide, "data 2"), (narrow, "data 3")):
        retuned(store, score, data)
    back = rollback(store, "flowers", 1)
    assert (back.serial, back.params["units"]) == (4, 8)
    assert re.fullmatch(r".* from number 3 to number 1, which was put in use \d{4}-\d\d-\d\d \d\d:\d\d UTC", back.why)
    assert sorted(numbers(store, "flowers").values()) == [1, 2, 3, 4]
    with pytest.raises(UsageError, match="number 4 of flowers is in use now"):
        rollback(store, "flowers", 4)
    with pytest.raises(UsageError, match="no champion number 9"):
        rollback(store, "flowers", 9)


def test_a_number_is_never_given_twice(store):
    """Not after ``champion.json`` was deleted, of which decisions alone are left, and not by a rollback."""
    retuned(store, narrow)
    store.delete(keys.champion("flowers"))
    retuned(store, narrow, "data 2")
    assert champion(store).serial == 2
    retuned(store, wide, "data 3")
    retuned(store, narrow, "data 4")
    second = in_use.past(store, "flowers", 2)
    store.write(keys.champion("flowers"), second.model_dump_json().encode())
    assert rollback(store, "flowers", 3).serial == 5
