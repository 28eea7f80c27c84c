"""Whether the GPU that was asked for is there and can train: some are listed, and fail at the first compiled step."""

from typing import Any

import tensorflow as tf

from job.errors import NoGpuError


def check() -> None:
    """Runs one small training step, compiled by XLA, on the first GPU.

    Raises:
        NoGpuError: TensorFlow sees no GPU, or the step fails on it; it says which.
    """
    found = tf.config.list_physical_devices("GPU")
    if not found:
        raise NoGpuError(
            "a GPU was asked for (TUNEJOB_REQUIRE_GPU=1) and TensorFlow sees none. The pod needs nvidia.com/gpu in its "
            "limits, a node with NVIDIA's driver and device plugin, and an image with tensorflow[and-cuda], such as "
            "this project's trainer. To train on the CPU, leave the gpu component out."
        )
    try:
        step("/GPU:0")
    except Exception as error:
        said = str(error).strip().splitlines() or ["no message"]
        raise NoGpuError(
            f"a GPU was asked for (TUNEJOB_REQUIRE_GPU=1) and TensorFlow lists {_named(found[0])}, but a step compiled "
            f"by XLA fails on it: {type(error).__name__}: {said[0][:300]}. TensorFlow {tf.__version__} may not know "
            "this kind of GPU, or the driver is older than its CUDA: try another image of the trainer, or another "
            "kind of node. To train on the CPU, leave the gpu component out."
        ) from error


def step(device: str) -> float:
    """One step of a small network, compiled by XLA, on a device; returns the loss after it.

    Args:
        device: as TensorFlow names it, such as ``/GPU:0``.
    """
    with tf.device(device):
        kernel, rows = tf.ones([8, 1]), tf.reshape(tf.range(32, dtype=tf.float32) / 32, [4, 8])
        found = _step(kernel, rows)
    if not found.device.endswith(device.removeprefix("/")):  # TensorFlow takes another where it can't take this one
        raise RuntimeError(f"it ran on {found.device} instead of {device}")
    return float(found)


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
def _step(kernel: Any, rows: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        loss = tf.reduce_mean(tf.sigmoid(rows @ kernel) ** 2)
    kernel -= 0.1 * tape.gradient(loss, kernel)
    return tf.reduce_mean(tf.sigmoid(rows @ kernel) ** 2)


def _named(device: Any) -> str:
    told = tf.config.experimental.get_device_details(device)
    return str(told.get("device_name", device.name))
