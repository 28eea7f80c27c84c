"""What tracing is likely to take, by a rule over layers: dearer layers, and more of them, take longer."""

import keras
from keras import layers as L  # noqa: N812

from job.train import trace_cost


def seconds(*parts):
    """Of a model of these layers on five steps of three numbers."""
    return trace_cost.of(keras.Sequential([keras.Input((5, 3)), *parts, L.Flatten(), L.Dense(1)])).seconds


def test_dearer_layers_and_more_of_them_take_longer():
    """A dense layer least, a recurrent one most, and both ways twice that."""
    found = [seconds(), seconds(L.Dense(4)), seconds(L.Conv1D(4, 2)), seconds(L.GRU(4))]
    assert found == sorted(found)
    both = seconds(L.Bidirectional(L.GRU(4)))
    assert both - found[0] > 1.8 * (found[3] - found[0])
    assert seconds(L.GRU(4, return_sequences=True), L.GRU(4)) > found[3]


def test_what_takes_longest_is_told():
    """By name and number, layers within others too; of a small model nothing but the rule."""
    words = keras.Input((6,))
    x = L.Embedding(9, 4)(words)
    x = L.MultiHeadAttention(2, 2)(x, x) + L.Bidirectional(L.LSTM(2, return_sequences=True))(x)
    told = trace_cost.of(keras.Model(words, L.Dense(1)(L.Flatten()(x)))).why
    assert told.startswith("by its layers (2 LSTM")
    assert "1 MultiHeadAttention" in told
    assert trace_cost.of(keras.Sequential([keras.Input((3,)), L.Activation("relu")])).why == "by its layers"


def test_steps_in_time_are_those_of_recurrent_layers():
    """Read off what they are given, in a sequence of layers and both ways; one of a model without any."""
    five = [keras.Input((5, 3)), L.Bidirectional(L.GRU(2)), L.Dense(1)]
    assert trace_cost.of(keras.Sequential(five)).steps == 5
    assert trace_cost.of(keras.Sequential([keras.Input((5, 3)), L.LSTM(2), L.Dense(1)])).steps == 5
    assert trace_cost.of(keras.Sequential([keras.Input((5, 3)), L.Flatten(), L.Dense(1)])).steps == 1
