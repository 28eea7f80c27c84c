"""Rows that lie in a file are the tensor where they lie; any other rows are none."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from job.train.together.step import mapped_rows

ROWS = np.arange(24, dtype=np.float32).reshape(6, 4)


def mapped(path: Path, rows: Any = ROWS, mode: Any = "r") -> Any:
    """Rows that were saved, memory-mapped."""
    np.save(path / "X.npy", rows)
    return np.load(path / "X.npy", mmap_mode=mode)


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "int32", "int64", "uint8"])
def test_numbers_in_a_file_are_a_tensor(tmp_path: Path, kind: Any) -> None:
    """Of their own type and shape."""
    found = mapped_rows.tensor(mapped(tmp_path, ROWS.astype(kind)))
    assert found.dtype.name == kind
    np.testing.assert_array_equal(found, ROWS)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere pages mapped so may not follow the file")
def test_the_tensor_is_the_file_s_own_pages(tmp_path: Path) -> None:
    """What is written into the file after shows in it, so nothing was copied."""
    found = mapped_rows.tensor(mapped(tmp_path))
    again = np.load(tmp_path / "X.npy", mmap_mode="r+")
    again[2] = 100.0
    again.flush()
    np.testing.assert_array_equal(found.numpy()[2], [100.0] * 4)
    np.testing.assert_array_equal(found.numpy()[3], ROWS[3])


SAME: dict[str, Callable[[Any], Any]] = {
    "all of them": lambda rows: rows[:],
    "as an array": np.asarray,
    "as an array of an array": lambda rows: np.asarray(rows)[:].view(),
}


@pytest.mark.parametrize("name", SAME)
def test_another_look_at_all_rows_is_they(tmp_path: Path, name: str) -> None:
    """As data that went through other hands comes."""
    np.testing.assert_array_equal(mapped_rows.tensor(SAME[name](mapped(tmp_path))), ROWS)


OTHERS: dict[str, Callable[[Any], Any]] = {
    "some rows": lambda rows: rows[1:],
    "some columns": lambda rows: rows[:, ::2],
    "backwards": lambda rows: rows[::-1],
    "turned": lambda rows: rows.T,
    "in another shape": lambda rows: rows.reshape(4, 6),
    "their bytes as another type": lambda rows: rows.view(np.int32),
    "a copy": np.array,
    "what was computed of them": lambda rows: rows * 2,
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_all_of_a_file_s_rows_is_none(tmp_path: Path, name: str) -> None:
    """Its bytes are elsewhere, or otherwise."""
    assert mapped_rows.tensor(OTHERS[name](mapped(tmp_path))) is None


@pytest.mark.parametrize("kind", [">f4", "S3", "bool", "datetime64[s]", "complex64"])
def test_what_is_no_number_of_this_machine_is_none(tmp_path: Path, kind: str) -> None:
    """Of another order of bytes, texts, truths and times."""
    assert mapped_rows.tensor(mapped(tmp_path, ROWS.astype("int64").astype(kind))) is None


def test_rows_whose_file_is_gone_are_none(tmp_path: Path) -> None:
    """Where their file is gone, they are still rows; who asked copies them then."""
    gone = mapped(tmp_path)
    (tmp_path / "X.npy").unlink()
    assert mapped_rows.tensor(gone) is None
    np.testing.assert_array_equal(gone, ROWS)


@pytest.mark.parametrize("offset", [4, 16, 32, 80])
def test_rows_that_begin_where_tensorflow_takes_none_are_copied(tmp_path: Path, offset: int) -> None:
    """A header of 16 bytes, as in files of images: TensorFlow would end the process over it."""
    (tmp_path / "rows.bin").write_bytes(bytes(offset) + ROWS.tobytes())
    assert mapped_rows.tensor(np.memmap(tmp_path / "rows.bin", np.float32, "r", offset, ROWS.shape)) is None


def test_rows_that_were_changed_in_memory_are_not_read_from_the_file(tmp_path: Path) -> None:
    """Mapped copy-on-write, and mended there: the file does not know of it."""
    rows = mapped(tmp_path, mode="c")
    rows[3:] *= 3
    assert mapped_rows.tensor(rows) is None
