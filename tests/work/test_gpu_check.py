"""The GPU that was asked for: none there, or one that fails at its first step."""

import numpy as np
import pytest
import tensorflow as tf

from job.errors import ExitCode, NoGpuError
from job.work import gpu_check


def test_the_step_is_one_of_gradient_descent():
    """Run on the processor, it gives what NumPy gives."""
    rows, kernel = np.arange(32, dtype=np.float32).reshape(4, 8) / 32, np.ones((8, 1), np.float32)
    out = 1 / (1 + np.exp(-rows @ kernel))
    kernel -= 0.1 * rows.T @ (2 / 4 * out * out * (1 - out))
    assert gpu_check.step("/CPU:0") == pytest.approx(np.mean((1 / (1 + np.exp(-rows @ kernel))) ** 2), rel=1e-5)


def test_a_gpu_that_is_listed_and_cannot_step_is_told_apart_from_none(monkeypatch):
    """Both end with the same code; the message says which it was, and quotes TensorFlow."""
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("here is a GPU")
    with pytest.raises(NoGpuError, match="TensorFlow sees none"):
        gpu_check.check()
    listed = tf.config.list_physical_devices("CPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: listed)
    with pytest.raises(
        NoGpuError, match=r"TensorFlow lists .*, but a step compiled by XLA fails on it: .*GPU:0"
    ) as told:
        gpu_check.check()
    assert told.value.exit_code is ExitCode.NO_GPU
