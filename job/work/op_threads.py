"""Whether the worker's cores share TensorFlow's operations in a process that trains.

The operations of small models' steps are not worth sharing between cores: handing parts of each to other threads takes
two or three times as long as doing them. Those of large ones are. TensorFlow fixes the number before its first
operation, so a process that comes to steps of the other kind gives way to a fresh one.
"""

from enum import Enum

import tensorflow as tf

from job.train import clock
from job.train.estimator_trainer import EstimatorTrainer
from job.train.groups import Group
from job.train.trainer import Trainer
from job.work import forking


class Threads(Enum):
    """Threads per operation: one; all of the worker's cores; or what TensorFlow has, which cannot be changed here."""

    ONE = "one"
    ALL = "all"
    FIXED = "fixed"


def begin(threads: Threads) -> Threads:
    """Sets the number, before TensorFlow's first operation, where another process could follow that has another.

    Returns:
        What was set.
    """
    if clock.cores() == 1 or not forking.possible() or tf.config.list_physical_devices("GPU"):
        return Threads.FIXED
    if threads is Threads.ONE:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    return threads


def better(group: Group, trainer: Trainer | EstimatorTrainer, now: Threads) -> Threads | None:
    """What a group should be trained with instead; None where it matters little."""
    shared = None if now is Threads.FIXED else trainer.is_shared(group)
    if shared is None or shared is (now is Threads.ALL):
        return None
    return Threads.ALL if shared else Threads.ONE
