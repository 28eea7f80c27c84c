"""What XLA compiled is kept between processes."""

import os
import subprocess
import sys
from pathlib import Path

from job.work import xla_cache

COMPILE = """
import tensorflow as tf
tf.function(lambda x: tf.tanh(x) * 2 + x, jit_compile=True)(tf.ones(3))
"""


def test_a_process_finds_what_another_compiled(tmp_path):
    """The first writes its program into the folder; the second has nothing to add."""
    env = dict(os.environ) | {"TUNEJOB_CACHE": str(tmp_path)}
    env |= xla_cache.environment(env)
    subprocess.run([sys.executable, "-c", COMPILE], env=env, check=True, capture_output=True)
    (first,) = (path for path in tmp_path.rglob("*") if path.is_file())
    written = first.stat().st_mtime_ns
    subprocess.run([sys.executable, "-c", COMPILE], env=env, check=True, capture_output=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [first]
    assert first.stat().st_mtime_ns == written


def test_the_users_own_flags_stay(tmp_path):
    """Others are added to; a cache named there is left alone."""
    found = xla_cache.environment({"TUNEJOB_CACHE": str(tmp_path), "TF_XLA_FLAGS": "--tf_xla_auto_jit=0"})
    assert found["TF_XLA_FLAGS"].startswith("--tf_xla_auto_jit=0 --tf_xla_persistent_cache_directory=")
    assert xla_cache.environment({"TF_XLA_FLAGS": "--tf_xla_persistent_cache_directory=/elsewhere"}) == {}


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    """A file stands where the folder would be."""
    (tmp_path / "tunejob").write_text("")
    assert xla_cache.environment({"TUNEJOB_CACHE": str(tmp_path)}) == {}


def test_the_oldest_go_when_there_is_too_much(tmp_path, monkeypatch):
    """Room is for one of two files."""
    given = {"TUNEJOB_CACHE": str(tmp_path)}
    folder = Path(xla_cache.environment(given)["TF_XLA_FLAGS"].partition("=")[2])
    for age, name in enumerate(["new", "old"]):
        (folder / name).write_bytes(bytes(10))
        os.utime(folder / name, (1000 - age, 1000 - age))
    monkeypatch.setattr(xla_cache, "_MOST", 15)
    xla_cache.environment(given)
    assert [one.name for one in folder.iterdir()] == ["new"]
