"""Which models TensorFlow's own kernel for Adam can step."""

from typing import Any

import keras
from keras import optimizers

from job.train.patches import private, scaled_weights
from job.train.together.step.small_weights import is_plain


def suits(model: Any) -> bool:
    """Whether the kernel's formula is that of the (unbuilt) optimizer, and the layers can use the kernel's weights.

    The kernel keeps weights scaled. Only Dense can use scaled weights; other layers would round them again in every
    step, which recurrent layers amplify.
    """
    optimizer = model.optimizer
    if type(optimizer) is not optimizers.Adam or optimizer.built:
        return False
    if type(model).compute_metrics is not keras.Model.compute_metrics:
        return False  # it may look at weights, which Keras has stepped by then
    more = ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor")
    plain = not any(getattr(optimizer, name) for name in (*more, "gradient_accumulation_steps", "use_ema", "amsgrad"))
    numbers = (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon)
    constant = isinstance(private.learning_rate(optimizer), keras.Variable) and all(
        isinstance(one, float) for one in numbers
    )
    divisible = scaled_weights.kernels(model)
    large = [one for one in model.trainable_variables if len(one.shape) > 1]
    taken = all(id(one) in divisible for one in large)
    return plain and constant and taken and all(map(is_plain, model.trainable_variables))
