"""Words by which a device says that it failed: its worker is lost then, and no fit is to blame."""

import re

_FAULT = re.compile(
    r"CUDA_ERROR_[A-Z_]+|cudaError[A-Z]\w+|hipError[A-Z]\w+|(?:CUBLAS|CUDNN|CUFFT)_STATUS_(?:EXECUTION_FAILED|"
    r"MAPPING_ERROR)|(?:uncorrectable|uncorrected|double.bit) (?:\w+ )?ECC|ECC (?:uncorrectable|error)|"
    r"(?:GPU|device)\b[^.\n]{0,60}\b(?:is|has been|was) lost|lost (?:the )?(?:GPU|device)|fallen off the bus|"
    r"unspecified launch failure|illegal memory access was encountered|NVRM: Xid",
    re.IGNORECASE,
)
_MEMORY = re.compile(
    r"OUT_OF_MEMORY|out of memory|MemoryAllocation|hipErrorOutOfMemory|RESOURCE_EXHAUSTED|ResourceExhausted|\bOOM\b"
)
_LAST = 30  # lines of a log in which a crash is explained, if at all
_KEPT = 500  # characters of a line


def fault(text: str) -> str | None:
    """Returns the line in which a device says that it failed; None where it does not, or where memory ran out."""
    found = _FAULT.search(text)
    if found is None or _MEMORY.search(text):
        return None
    begin, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
    return text[begin : None if end < 0 else end].strip()[:_KEPT]


def last_words(log: str) -> str | None:
    """Returns the same from the end of a crashed process's log; a machine without a GPU says so at every start."""
    said = log.rpartition("Fatal Python error")[0] or log  # after it, Python lists its threads and modules
    lines = [line for line in said.splitlines()[-_LAST:] if "cuInit" not in line and "NO_DEVICE" not in line]
    return fault("\n".join(lines))


def told(line: str) -> str:
    """Returns what to say of it, with what to do."""
    return (
        f"the device failed, not the fit: {line}. The fit is tried again by another worker; if it comes again on this "
        "machine, look at the GPU (nvidia-smi, the kernel's log) and take the machine out."
    )
