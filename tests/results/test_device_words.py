"""Words of a device that failed, told from those of a fit that did."""

import pytest

from job.results import device_words


@pytest.mark.parametrize(
    "said",
    [
        "INTERNAL: failed to launch: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered",
        "CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered",
        "could not synchronize on CUDA context: CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure",
        "GPU sync failed: cudaErrorDevicesUnavailable",
        "Unable to determine the device handle for GPU 0000:3B:00.0: GPU is lost. Reboot the system to recover",
        "GPU has fallen off the bus.",
        "cuBLAS error: CUBLAS_STATUS_EXECUTION_FAILED",
        "double bit ECC error at address 0x0",
        "hipErrorIllegalAddress",
    ],
)
def test_a_device_that_failed_is_known_by_its_words(said):
    """The line in which it says so, out of a long message."""
    assert device_words.fault(f"Graph execution error:\n\n{said}\n\t [[node]]") == said


@pytest.mark.parametrize(
    "said",
    [
        "CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        "cudaErrorMemoryAllocation",
        "RESOURCE_EXHAUSTED: failed to allocate memory; CUDA_ERROR_UNKNOWN",
        "OOM when allocating tensor with shape[1000000]",
        "incompatible shapes: [2] vs. [3]",
        "the column ecc_error_rate is missing",
        "loss is nan",
    ],
)
def test_memory_and_mistakes_are_the_fits_own(said):
    """Out of memory is what the fit did; everything else is no word of a device."""
    assert device_words.fault(said) is None


def test_a_machine_without_a_gpu_is_no_device_that_failed():
    """TensorFlow says at every start that it found none; a crash later is a crash."""
    log = "E cuda: failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected\nFatal: segfault"
    assert device_words.last_words(log) is None
    dump = "Fatal Python error: Aborted\n" + "  File x, line 1\n" * 200
    assert (
        device_words.last_words(f"{log}\nF gpu: CUDA_ERROR_LAUNCH_FAILED\n{dump}") == "F gpu: CUDA_ERROR_LAUNCH_FAILED"
    )
