"""Every registered entry has a case: an entry without one fails here."""

from collections.abc import Iterable

import pytest

from tests.trainer import (
    bundled_cases,
    cases,
    faults,
    table_cases,
    test_layer_laws,
    test_losses,
    test_penalties,
    test_update_rules,
)
from trainer.data import BUNDLED, SOURCES
from trainer.initializers import INITIALIZERS
from trainer.layers import ACTIVATIONS, LAYERS
from trainer.losses import LOSSES
from trainer.optimizers import OPTIMIZERS
from trainer.penalties import PENALTIES


@pytest.mark.parametrize(
    ("registered", "cases"),
    [
        pytest.param(LAYERS, cases.LAYER_CASES, id="layers"),
        pytest.param(ACTIVATIONS, cases.ACTIVATION_TWINS, id="activations"),
        pytest.param({layer.kind for layer in LAYERS}, {fault.kind for fault in faults.FAULTS}, id="faults of layers"),
        pytest.param(INITIALIZERS, test_layer_laws.VARIANCES, id="initialisers"),
        pytest.param(LOSSES, test_losses.TWINS, id="losses"),
        pytest.param(OPTIMIZERS, test_update_rules.RULES, id="optimizers"),
        pytest.param(OPTIMIZERS, bundled_cases.LEARNING_RATES, id="optimizers' learning rates"),
        pytest.param(PENALTIES, test_penalties.TWINS, id="penalties"),
        pytest.param(BUNDLED, bundled_cases.BUNDLED_CASES, id="bundled data sets"),
        pytest.param([source.known_as for source in SOURCES], table_cases.WRITERS, id="sources of data"),
    ],
)
def test_every_registered_entry_has_a_case_and_every_case_an_entry(
    registered: Iterable[object], cases: Iterable[object]
) -> None:
    assert set(registered) == set(cases)


@pytest.mark.parametrize("registry", [ACTIVATIONS, LOSSES, OPTIMIZERS, PENALTIES])
def test_an_entry_is_registered_under_its_own_kind(registry: dict[str, type]) -> None:
    assert all(entry.kind == name for name, entry in registry.items())


def test_kinds_of_layers_differ_because_they_name_tensors() -> None:
    assert len({layer.kind for layer in LAYERS}) == len(LAYERS)
