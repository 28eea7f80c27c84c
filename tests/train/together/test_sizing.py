"""How many fits a group holds: by memory that is free now, by caches, by time; and what a container leaves."""

import dataclasses
import os
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from train.together import against

from job.launch import local_machine
from job.train.together import sizing
from job.train.together.sizing import Room

MIB = 2**20
PLENTY = Room(2.0**60, None)


def blueprint(state=0, activation=0, products=0):
    """What sizes are worked out from: bytes of a fit's state, bytes of one row's activations, products of a row."""
    return SimpleNamespace(state_bytes=state, activation_bytes=activation, products=products)


def request_(**settings):
    """A fit on 40 rows."""
    return against.case(lambda: None, **settings).request({}, against.FOLDS[0])


@given(st.integers(1, 2**40), st.integers(1, 2**24), st.integers(0, 2**20))
def test_a_group_fits_into_half_of_what_is_free(free, state, activation):
    """Six copies of each state and four of a batch's activations; a group of one is always allowed."""
    fits = sizing.most(blueprint(state, activation), REQUEST, Room(free, None))
    assert fits == 1 or fits * (6 * state + 4 * 16 * activation) <= 0.5 * free
    assert fits >= sizing.most(blueprint(state, activation), REQUEST, Room(free / 2, None))


def test_a_group_s_state_stays_in_the_caches():
    """Beyond what they hold a larger group is not faster."""
    assert sizing.most(blueprint(state=MIB), REQUEST, Room(2.0**60, 10 * MIB)) == 10
    assert sizing.most(blueprint(state=MIB), REQUEST, Room(2.0**60, MIB / 2)) == 1


def test_a_group_is_no_longer_than_minutes_and_no_larger_than_some_hundred_fits():
    """Its result is stored when it ends, and what is lost with a worker is not more than that."""
    long = request_(epochs=50_000)
    assert sizing.most(blueprint(), REQUEST, PLENTY) == 512
    assert sizing.most(blueprint(state=1), long, PLENTY) == 10
    assert sizing.seconds(blueprint(), long) == pytest.approx(50_000 * 3 * 1e-4)


def test_row_numbers_of_a_group_stay_small():
    """A million rows in the order of each of 512 fits would be gigabytes: so few fits that they are some hundred MB."""
    rows = 1_000_000
    many = dataclasses.replace(request_(epochs=1), train=np.arange(rows))
    fits = sizing.most(blueprint(), many, PLENTY)
    assert 1 <= fits < 16
    assert fits * rows * 24 <= 128 * MIB


def test_operations_are_two_for_each_product_forwards_and_twice_that_backwards():
    """Of a batch of 16 rows."""
    assert sizing.operations(blueprint(products=1000), REQUEST) == 6 * 16 * 1000
    assert not sizing.fills_machine(blueprint(products=10**6), REQUEST)
    assert sizing.fills_machine(blueprint(products=10**8), REQUEST)


def test_a_process_that_was_large_once_has_room_again():
    """What counts is what it holds now; it held much more than this test allows it to be short of."""
    before = sizing.room().free
    held = np.ones(400 * MIB // 8)
    during = sizing.room().free
    del held
    assert before - during > 300 * MIB
    assert sizing.room().free == pytest.approx(before, abs=100 * MIB)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_of_one_machine_share_its_memory(workers, monkeypatch):
    """Each has its part as who starts them says, less what it holds itself."""
    for name, value in local_machine.share(0, workers).items():
        if name.startswith("TUNEJOB_"):
            monkeypatch.setenv(name, value)
    held = psutil.Process().memory_info().rss
    assert sizing.room().free == pytest.approx(sizing.limit() / workers - held, abs=50 * MIB)


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        ({"memory.max": "1073741824\n"}, 2**30),
        ({"memory/memory.limit_in_bytes": "536870912\n"}, 2**29),
        ({"memory.max": "max\n"}, None),
        ({"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ({}, None),
    ],
    ids=["version 2", "version 1", "version 2, none", "version 1, none", "no container"],
)
def test_a_container_s_limit_counts_where_there_is_one(tmp_path, told, limit):
    """Told by either version of Linux's control groups; the machine's memory is never exceeded."""
    for name, text in told.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert sizing.limit(tmp_path) == (machine if limit is None else min(machine, limit))


REQUEST = request_()
