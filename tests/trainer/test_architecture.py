"""Laws of building networks, and of their first weights."""

import numpy as np
import pytest

from trainer import Architecture, TrainerError
from trainer.initializers import he, initializer_for, xavier
from trainer.layers import ACTIVATIONS
from trainer.losses import LOSSES

over_activations = pytest.mark.parametrize("activation", ACTIVATIONS)


def names(**settings: object) -> list[str]:
    return Architecture(4, 3, (6, 5), **settings).build(capacity=1).names


@over_activations
def test_a_hidden_block_is_dense_batch_norm_activation_dropout(activation: str) -> None:
    assert names(activation=activation, dropout=0.1) == [
        *("dense_1", "batch_norm_1", f"{activation}_1", "dropout_1"),
        *("dense_2", "batch_norm_2", f"{activation}_2", "dropout_2"),
        "dense_3",
    ]


def test_what_is_turned_off_is_not_there() -> None:
    assert names(batch_norm=False) == ["dense_1", "relu_1", "dense_2", "relu_2", "dense_3"]
    assert Architecture(4, 3, ()).build(capacity=1).names == ["dense_1"]


@pytest.mark.parametrize("batch_norm", [True, False])
def test_hidden_layers_have_a_bias_exactly_where_batch_norm_would_not_subtract_it(batch_norm: bool) -> None:
    tensors = Architecture(4, 3, (6, 5), batch_norm=batch_norm).build(capacity=1).tensors
    biases = {name for name in tensors if name.endswith(".b")}
    assert biases == ({"dense_3.b"} if batch_norm else {"dense_1.b", "dense_2.b", "dense_3.b"})


@pytest.mark.parametrize("loss", LOSSES)
def test_the_network_has_the_loss_penalty_type_and_capacity_that_were_asked_for(loss: str) -> None:
    network = Architecture(4, 3, (), l2=0.25, loss=loss).build(capacity=17, dtype=np.float64)
    assert network.loss.kind == loss
    assert [(penalty.kind, penalty.coefficient) for penalty in network.penalties] == [("l1", 0.0), ("l2", 0.25)]
    assert (network.capacity, network.parameters.dtype) == (17, np.float64)
    assert Architecture(4, 3, ()).build(capacity=1).parameters.dtype == np.float32


@over_activations
def test_activations_that_silence_half_begin_with_he_and_the_rest_with_xavier(activation: str) -> None:
    assert initializer_for(activation) is (he if activation in {"relu", "leaky_relu", "elu", "gelu"} else xavier)


@over_activations
def test_biases_begin_at_zero_and_batch_norm_as_the_identity(activation: str, rng: np.random.Generator) -> None:
    for batch_norm in (True, False):
        network = Architecture(4, 3, (6,), activation=activation, batch_norm=batch_norm).build(capacity=1)
        network.initialise(rng)
        start = {"b": 0.0, "gamma": 1.0, "beta": 0.0}
        for name, tensor in network.tensors.items():
            key = name.split(".")[1]
            assert (tensor.value == start[key]).all() if key in start else tensor.value.all()


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("n_in", 0, "n_in must be at least 1, a whole number; it is 0"),
        ("hidden", (6, 2.5), "every width in hidden must be at least 1, a whole number; it is 2.5"),
        ("activation", "relu6", "activation must be one of relu, .*; it is 'relu6'"),
        ("activation", ["relu"], r"activation must be one of relu, .*; it is \['relu'\]"),
        ("batch_norm", "yes", "batch_norm must be True or False; it is 'yes'"),
        ("dropout", 1.0, "dropout must be at least 0 and below 1, a number; it is 1.0"),
        ("input_dropout", "0.5", "input_dropout must be at least 0 and below 1, a number; it is '0.5'"),
        ("initializer", "hee", "initializer must be one of he, .*; it is 'hee'"),
        ("l2", -1e-4, "l2 must be at least 0, a number; it is -0.0001"),
        ("l1", float("nan"), "l1 must be at least 0, a number; it is nan"),
        ("loss", "log_loss", "loss must be one of softmax_cross_entropy, .*; it is 'log_loss'"),
        ("delta", 0.0, "delta must be above 0, a number; it is 0.0"),
    ],
)
def test_a_setting_that_breaks_its_rule_is_refused_in_one_sentence(setting: str, value: object, sentence: str) -> None:
    with pytest.raises(TrainerError, match=f"^{sentence}$"):
        Architecture(**{"n_in": 4, "n_out": 3, setting: value})
