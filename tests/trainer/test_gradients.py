"""Back-propagation against an independent reference: every layer × loss × penalty × batch norm × frozen dropout."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from tests.trainer import reference
from trainer import Architecture, Network
from trainer.layers import ACTIVATIONS, LAYERS, Dropout
from trainer.losses import LOSSES
from trainer.penalties import PENALTIES

ROWS, N_IN = 7, 5
OUTPUTS = {
    "softmax_cross_entropy": (4,),
    "logistic_cross_entropy": (1, 3),
    "mean_squared_error": (1, 3),
    "huber": (1, 3),
}
CASES = [
    (loss, n_out, penalty, activation, batch_norm, dropout)
    for loss in LOSSES
    for n_out, penalty, activation, batch_norm, dropout in product(
        OUTPUTS[loss], (None, *PENALTIES), ACTIVATIONS, (False, True), (0.0, 0.4)
    )
]


def test_every_registered_part_has_a_reference() -> None:
    assert set(reference.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(reference.LOSSES) == set(LOSSES) == set(OUTPUTS)
    assert set(reference.PENALTIES) == set(PENALTIES)
    assert {layer.kind for layer in LAYERS} - set(ACTIVATIONS) == {"dense", "batch_norm", "dropout"}


@pytest.mark.parametrize(("loss", "n_out", "penalty", "activation", "batch_norm", "dropout"), CASES)
def test_gradients_equal_the_reference_to_1e_12(
    loss: str, n_out: int, penalty: str | None, activation: str, batch_norm: bool, dropout: float
) -> None:
    classifies = "softmax" in loss or "logistic" in loss
    architecture = Architecture(
        N_IN,
        n_out,
        (6, 4),
        activation,
        batch_norm,
        dropout,
        input_dropout=dropout,
        loss=loss,
        label_smoothing=0.1 if classifies else 0.0,
        class_weights=tuple(0.5 + np.arange(max(2, n_out))) if classifies else None,
        delta=0.7 if loss == "huber" else 1.0,
        **({penalty: 0.3} if penalty else {}),
    )
    check_against_reference(architecture, penalty)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_plain_networks_and_networks_without_hidden_layers_equal_the_reference(loss: str, batch_norm: bool) -> None:
    for hidden in ((), (3,), (4, 4, 4, 4)):
        check_against_reference(Architecture(N_IN, 3, hidden, batch_norm=batch_norm, loss=loss), None)


def check_against_reference(architecture: Architecture, penalty: str | None) -> None:
    rng = np.random.default_rng(3)
    network = architecture.build(capacity=ROWS + 2, dtype=np.float64)
    network.initialise(rng)
    network.parameters += 0.3 * rng.standard_normal(network.parameters.shape)
    x = rng.standard_normal((ROWS, N_IN))
    targets = some_targets(rng, architecture)
    weights = rng.uniform(0.5, 1.5, (ROWS, 1))
    network.draw([rng], ROWS)
    masks = [layer.mask.copy() for layer in network.layers if isinstance(layer, Dropout)]
    expected_cost, expected = reference_gradients(architecture, network, masks, x, targets, weights, penalty)

    cost = float(network.cost(x, targets, weights))
    scores = network.forward(x, train=True)
    network.backward(scores, targets, weights)

    assert cost == pytest.approx(expected_cost, rel=1e-13)
    for name, tensor in network.tensors.items():
        error = np.linalg.norm(tensor.gradient - expected[name])
        assert error <= 1e-12 * np.linalg.norm(expected[name]) + 1e-15, name


def some_targets(rng: np.random.Generator, architecture: Architecture) -> reference.Array:
    if architecture.loss == "softmax_cross_entropy":
        return np.eye(architecture.n_out)[rng.integers(0, architecture.n_out, ROWS)]
    if architecture.loss == "logistic_cross_entropy":
        return rng.integers(0, 2, (ROWS, architecture.n_out)).astype(float)
    return rng.standard_normal((ROWS, architecture.n_out))


def reference_gradients(
    architecture: Architecture,
    network: Network,
    masks: Sequence[reference.Array],
    x: reference.Array,
    targets: reference.Array,
    weights: reference.Array,
    penalty: str | None,
) -> tuple[float, dict[str, reference.Array]]:
    values = {name: reference.Value(tensor.value.copy()) for name, tensor in network.tensors.items()}
    remaining = iter(masks)
    signal = reference.Value(x)
    if architecture.input_dropout:
        signal = signal * next(remaining)
    for number in range(1, len(architecture.hidden) + 1):
        signal = signal @ values[f"dense_{number}.W"]
        if architecture.batch_norm:
            names = (f"batch_norm_{number}.gamma", f"batch_norm_{number}.beta")
            signal = reference.batch_norm(signal, *(values[name] for name in names))
        else:
            signal = signal + values[f"dense_{number}.b"]
        signal = reference.ACTIVATIONS[architecture.activation](signal)
        if architecture.dropout:
            signal = signal * next(remaining)
    last = len(architecture.hidden) + 1
    scores = signal @ values[f"dense_{last}.W"] + values[f"dense_{last}.b"]
    class_weights = np.asarray(architecture.class_weights or np.ones(max(2, architecture.n_out)))
    settings = reference.Settings(architecture.label_smoothing, class_weights, architecture.delta)
    losses = reference.LOSSES[architecture.loss](scores, targets, settings)
    cost = (losses * weights).mean()
    if penalty:
        for name, value in values.items():
            if name.endswith(".W"):
                cost = cost + reference.PENALTIES[penalty](value) * getattr(architecture, penalty)
    cost.backward()
    return cost.data.item(), {name: value.gradient for name, value in values.items()}
