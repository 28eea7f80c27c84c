"""How often TensorFlow goes over a graph to make it simpler before it first runs."""

from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2
from tensorflow.python.eager import context as eager


def once() -> None:
    """Once instead of twice, from now on: its second way finds nothing in a program, and takes a quarter of the time.

    TensorFlow has no public setting for it.
    """
    context = eager.context()
    config = config_pb2.ConfigProto() if context._config is None else context._config  # noqa: SLF001
    config.graph_options.rewrite_options.meta_optimizer_iterations = rewriter_config_pb2.RewriterConfig.ONE
    context._config = config  # noqa: SLF001
    context.function_call_options = None  # made anew of it
