"""Laws of every registered layer."""

import math

import numpy as np
import pytest

from tests.trainer.cases import WIDTH, LayerCase, central_differences, every_layer, given_memory, state
from trainer.arrays import Array
from trainer.layers import ACTIVATIONS, Layer

over_batches = pytest.mark.parametrize("rows", [1, 2, 7])


def twin_of(case: LayerCase, layer: Layer, x: Array, *, train: bool) -> Array:
    values = {key: value.tolist() for key, value in state(layer).items()}
    return np.array(case.twin(values, x.tolist(), train))


@every_layer
@over_batches
@pytest.mark.parametrize("train", [True, False])
def test_forward_is_the_formula_element_by_element(
    case: LayerCase, rows: int, train: bool, rng: np.random.Generator
) -> None:
    layer = given_memory(case.build(), rows, rng)
    x = rng.normal(0.3, 1.5, (rows, WIDTH))
    expected = twin_of(case, layer, x, train=train)
    np.testing.assert_allclose(layer.forward(x, train=train), expected, rtol=1e-12, atol=1e-12)
    assert expected.shape == (rows, layer.n_out)


@every_layer
@over_batches
def test_backward_is_the_slope_of_the_formula_in_every_coordinate(
    case: LayerCase, rows: int, rng: np.random.Generator
) -> None:
    layer = given_memory(case.build(), rows, rng)
    x = rng.normal(0.3, 1.5, (rows, WIDTH))
    dy = rng.normal(size=(rows, layer.n_out))

    def cost() -> float:
        return float(np.vdot(dy, twin_of(case, layer, x, train=True)))

    layer.forward(x, train=True)
    np.testing.assert_allclose(layer.backward(dy.copy()), central_differences(cost, x), atol=2e-8)
    for key in layer.tensors():
        expected = central_differences(cost, getattr(layer, key))
        np.testing.assert_allclose(getattr(layer, f"d{key}"), expected, atol=2e-8)


@every_layer
def test_backward_overwrites_the_last_gradient_instead_of_adding_to_it(
    case: LayerCase, rng: np.random.Generator
) -> None:
    layer = given_memory(case.build(), 4, rng)
    x, dy = rng.normal(size=(4, WIDTH)), rng.normal(size=(4, layer.n_out))
    found = []
    for _ in range(2):
        layer.forward(x, train=True)
        found.append([layer.backward(dy.copy()).copy(), *(getattr(layer, f"d{key}").copy() for key in layer.tensors())])
    for once, again in zip(*found, strict=True):
        np.testing.assert_array_equal(once, again)


@every_layer
def test_the_callers_input_is_left_as_it_was(case: LayerCase, rng: np.random.Generator) -> None:
    layer = given_memory(case.build(), 4, rng)
    x, dy = rng.normal(size=(4, WIDTH)), rng.normal(size=(4, layer.n_out))
    before = x.copy()
    layer.forward(x, train=False)
    layer.forward(x, train=True)
    layer.backward(dy)
    np.testing.assert_array_equal(x, before)


@every_layer
def test_inference_treats_each_row_by_itself_and_changes_no_state(case: LayerCase, rng: np.random.Generator) -> None:
    layer = given_memory(case.build(), 6, rng)
    x = rng.normal(size=(6, WIDTH))
    before = {key: value.copy() for key, value in state(layer).items()}
    together = layer.forward(x, train=False).copy()
    for key, value in state(layer).items():
        np.testing.assert_array_equal(value, before[key])
    other = rng.normal(size=(6, WIDTH))
    other[2] = x[2]
    np.testing.assert_allclose(layer.forward(other, train=False)[2], together[2], rtol=1e-13)


@every_layer
def test_training_twice_on_one_draw_gives_the_same_bits(case: LayerCase, rng: np.random.Generator) -> None:
    layer = given_memory(case.build(), 6, rng)
    x = rng.normal(size=(6, WIDTH))
    once = layer.forward(x, train=True).copy()
    np.testing.assert_array_equal(layer.forward(x, train=True), once)


@every_layer
def test_layers_side_by_side_compute_what_each_computes_alone(case: LayerCase, rng: np.random.Generator) -> None:
    stacked = given_memory(case.build(), 4, rng, stack=(3,))
    x, dy = rng.normal(size=(3, 4, WIDTH)), rng.normal(size=(3, 4, stacked.n_out))
    before = {key: value.copy() for key, value in state(stacked).items()}
    y = stacked.forward(x, train=True)
    dx = stacked.backward(dy.copy())
    for k in range(3):
        alone = given_memory(case.build(), 4, rng)
        for key, value in before.items():
            getattr(alone, key)[...] = value[k]
        np.testing.assert_allclose(y[k], alone.forward(x[k], train=True), rtol=1e-12)
        np.testing.assert_allclose(dx[k], alone.backward(dy[k].copy()), rtol=1e-12, atol=1e-14)
        for key in alone.tensors():
            np.testing.assert_allclose(getattr(stacked, f"d{key}")[k], getattr(alone, f"d{key}"), rtol=1e-12)


@every_layer
def test_single_precision_is_double_precision_rounded(case: LayerCase, rng: np.random.Generator) -> None:
    double = given_memory(case.build(), 8, rng)
    single = given_memory(case.build(), 8, rng, dtype=np.float32)
    for key, value in state(double).items():
        getattr(single, key)[...] = value
    x, dy = rng.normal(size=(8, WIDTH)), rng.normal(size=(8, double.n_out))
    y, dx = single.forward(x.astype(np.float32), train=True), single.backward(dy.astype(np.float32))
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_allclose(y, double.forward(x, train=True), atol=1e-5)
    np.testing.assert_allclose(dx, double.backward(dy.copy()), atol=1e-5)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_no_activation_overflows_at_huge_inputs(kind: str, rng: np.random.Generator) -> None:
    layer = given_memory(ACTIVATIONS[kind](2), 1, rng)
    y = layer.forward(np.array([[-1e4, 1e4]]), train=True)
    # The limits of max(x, 0), tanh x and 1/(1 + e⁻ˣ).
    limits = {"relu": [0.0, 1e4], "tanh": [-1.0, 1.0], "sigmoid": [0.0, 1.0], "leaky_relu": [-100.0, 1e4]}
    limits |= {"elu": [-1.0, 1e4], "gelu": [0.0, 1e4], "identity": [-1e4, 1e4]}
    assert y.tolist() == [limits[kind]]
    assert np.isfinite(layer.backward(np.ones((1, 2)))).all()


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_a_pattern_changes_exactly_where_the_slope_jumps(kind: str, rng: np.random.Generator) -> None:
    layer = given_memory(ACTIVATIONS[kind](1), 1, rng)

    def look(number: float) -> tuple[Array | None, float]:
        layer.forward(np.array([[number]]), train=True)
        pattern = layer.pattern()
        return None if pattern is None else pattern.copy(), layer.backward(np.ones((1, 1))).item()

    (left, slope_left), (right, slope_right) = look(-1e-9), look(1e-9)
    jumps = kind == "elu" or not math.isclose(slope_left, slope_right, abs_tol=1e-6)  # elu's second derivative does
    assert jumps == (left is not None and right is not None and not np.array_equal(left, right))


def test_a_dense_layer_without_bias_has_weights_alone_and_penalties_never_see_a_bias() -> None:
    from trainer.initializers import he
    from trainer.layers import Dense

    assert set(Dense(2, 3, initializer=he, bias=False).tensors()) == {"W"}
    assert set(Dense(2, 3, initializer=he).tensors()) - set(Dense.weights) == {"b"}
