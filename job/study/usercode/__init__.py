"""The user's code beside the study: found and read without importing it, loaded."""

from job.study.usercode.loading import at, call, load
from job.study.usercode.remedies import remedy
from job.study.usercode.signatures import Parameters, parameters, parameters_of, signature

__all__ = ["Parameters", "at", "call", "load", "parameters", "parameters_of", "remedy", "signature"]
