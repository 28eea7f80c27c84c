"""What people get wrong in the code of a study; these need TensorFlow, and one process imports it for all."""

import pytest
from mistakes.built import BUILT
from mistakes.told import is_theirs, told


@pytest.mark.parametrize(("fields", "files", "said"), BUILT, ids=[said for *_, said in BUILT])
def test_a_mistake_that_only_the_users_code_shows_is_told(tmp_path, fields, files, said) -> None:
    """Data loaded and one model built, as ``check`` does."""
    found = told(tmp_path, fields, None, files)
    assert said in found
    assert is_theirs(found)
