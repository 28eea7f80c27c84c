"""What keeps pods from starting, said of the controller's own: it comes from its Job, and no PodTemplate."""

import re
from collections.abc import Callable

_JOB = "the controller's Job"


def _patched(found: re.Match[str]) -> str:
    operation = found[1].replace('"path":"/template/', '"path":"/spec/template/')
    return f"as a patch of {_JOB}: '{operation}'"


_SAID: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"kubectl patch podtemplate \S+ --type=json -p '(.*?)' \(the controller's Job: the same .*? -k DIR\)", _patched),
    (r"it is set by `cluster: \{image: …\}` in the study or by an overlay's `images`", f"it is the image of {_JOB}"),
    (
        r"trainer image, or one made from it, by `cluster: \{image: …\}` in the study or an overlay's `images`",
        f"controller image for {_JOB}",
    ),
    (r", or lower `cluster: \{parallelism: N\}`|; fewer at once: `cluster: \{parallelism: N\}` in the study", ""),
    (r"`cluster: \{parallelism: 1\}`, or a volume", "take a volume"),
    (r", or `cluster: \{parallelism: 1\}` in the study|: kubectl edit podtemplate\b(?: tunejob-worker\b)?", ""),
    (r" ?\(kubectl edit podtemplate\b[^)]*\)", ""),
    (r", or name a LocalQueue by the label \S+ of the PodTemplate tunejob-worker", ""),
    (r"\bthe PodTemplate(?: tunejob-worker\b)?", _JOB),
    (r"if workers may run there", "if it may run there"),
    (r"\bthe worker (?=waits for|of pod)", "the controller "),
    (r"(?<=beside the )worker\b|(?<=ends with the )worker\b|\bworker(?= \S+ on node)", "controller"),
)


def told(sentence: str, job: str) -> str:
    """Returns the same words about the controller's pod, with where its Job is changed if that is advised.

    Args:
        sentence: a trouble, or the cluster's refusal, as it is told of workers.
        job: the name of the controller's Job.
    """
    for pattern, instead in _SAID:
        sentence = re.sub(pattern, instead, sentence)
    if _JOB not in sentence:
        return sentence
    end = "" if sentence.endswith((".", "!", "?")) else "."
    return (
        f"{sentence}{end} The controller's Job {job} is changed by an overlay, in its `images` or by a patch of "
        "run/controller.yaml: tunejob submit -k DIR"
    )
