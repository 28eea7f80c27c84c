"""The user's code beside the study: found and read without importing it, loaded, listed, digested."""

from job.study.usercode.files import data, digest, files
from job.study.usercode.loading import call, load
from job.study.usercode.signatures import Signature, parameters, parameters_of, signature

__all__ = ["Signature", "call", "data", "digest", "files", "load", "parameters", "parameters_of", "signature"]
