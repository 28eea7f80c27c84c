"""Files that say they hold what no machine does."""

import io
import zipfile

import numpy as np
import pytest
from numpy.lib import format as npy

from job.data import files
from job.errors import DataError


def test_an_npz_that_says_it_holds_terabytes_is_refused_by_what_is_there(tmp_path):
    """No traceback and no memory taken: what it claims, what there is, and what may have happened."""
    header, y = io.BytesIO(), io.BytesIO()
    npy.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 5)})
    np.save(y, np.zeros(3))
    with zipfile.ZipFile(tmp_path / "big.npz", "w") as archive:
        archive.writestr("X.npy", header.getvalue() + bytes(80))
        archive.writestr("y.npy", y.getvalue())
    with pytest.raises(DataError, match=r"big\.npz .* X claims 40,000\.0 GB, .* 208 bytes are there; it was cut off"):
        files._npz(tmp_path / "big.npz", "big.npz")
