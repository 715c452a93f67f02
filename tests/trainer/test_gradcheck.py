"""The gradient check passes what is right, whatever the rows, the kinks and the rounding."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.trainer.cases import central_differences
from tests.trainer.gradcheck_cases import batch_of, building, methods
from tests.trainer.random_networks import sample
from trainer.data import Prepared
from trainer.gradcheck import Probes, Settings, check, judge, relative_error, surfaces
from trainer.gradcheck.surface import LossSurface
from trainer.layers import ACTIVATIONS

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured

TOLERANCE = Settings().tolerance
FULL = Settings(coordinates=None)


@pytest.mark.parametrize("depth", range(4))
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_correct_network_passes_on_real_rows(
    depth: int, activation: str, batch_norm: bool, dropout: float, prepared: Mapping[str, Prepared]
) -> None:
    for seed, data in enumerate(prepared.values()):
        rng = np.random.default_rng(seed)
        hidden = tuple(int(width) for width in rng.integers(2, 24, size=depth))
        batch = batch_of(data, rng)
        build = building(batch, hidden, activation=activation, batch_norm=batch_norm, dropout=dropout, l1=0.1, l2=0.1)
        report = check(build, batch, rng)
        assert report.passed, report.guilty
        assert report.verdict == "passed"
        assert report.guilty is None
        assert report.error < TOLERANCE


def test_no_random_correct_network_is_accused() -> None:
    for seed in range(200):
        rng = np.random.default_rng([2, seed])
        drawn = sample(rng)
        report = drawn.check(rng)
        assert report.passed, (seed, drawn.architecture, report.guilty)


@pytest.mark.parametrize(("rows", "batch_norm"), [(1, True), (2, True), (4, True), (1, False), (2, False)])
def test_a_correct_network_passes_on_the_smallest_batches(
    rows: int, batch_norm: bool, prepared: Mapping[str, Prepared]
) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        batch = batch_of(prepared["wine"], rng, rows)
        report = check(building(batch, (6, 5), activation="tanh", batch_norm=batch_norm), batch, rng)
        assert report.passed, report.guilty


def test_what_differences_cannot_judge_is_decided_by_complex_step(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    two_rows = batch_of(prepared["wine"], rng, 2)  # a batch norm makes ±γ of them, whatever they are
    assert "complex step" in methods(check(building(two_rows, (6, 5), activation="tanh"), two_rows, rng))
    batch = batch_of(prepared["digits"], rng)
    faint = check(building(batch, (8,) * 10, activation="sigmoid", batch_norm=False), batch, rng)
    assert "complex step" in methods(faint)
    linear = check(building(batch, (8, 8), activation="identity"), batch, rng)  # the next batch norm takes β off again
    assert {tensor.method for tensor in linear.tensors if tensor.tensor == "batch_norm_1.beta"} == {"complex step"}
    assert faint.passed
    assert linear.passed


def test_stretched_parameters_leave_little_for_complex_step_to_decide(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["digits"], rng)
    report = check(building(batch, (8,) * 10, activation="sigmoid", batch_norm=False), batch, rng)
    names = list(dict.fromkeys(tensor.check for tensor in report.tensors))
    by_check = [sum(t.method == "complex step" for t in report.tensors if t.check == name) for name in names]
    assert by_check[1] < by_check[0]


def test_full_mode_compares_every_coordinate_and_agrees_with_differences_taken_one_by_one(
    prepared: Mapping[str, Prepared],
) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["iris"], rng)
    build = building(batch, (6, 5), activation="tanh", dropout=0.3, l1=0.1)
    report = check(build, batch, rng, FULL)
    sizes = {name: tensor.value.size for name, tensor in build(np.float64).tensors.items()}
    assert report.passed
    assert report.error < 1e-8
    assert {tensor.check for tensor in report.tensors} == {"rows", "rows + dropout", "random", "random + dropout", "l1"}
    assert all(tensor.checked + tensor.kinks == sizes[tensor.tensor] for tensor in report.tensors)
    for surface in surfaces(build(np.float64), build, batch.of_type(np.float64), rng, FULL):
        if isinstance(surface, LossSurface):
            for name, value in surface.values.items():
                if name in surface.gradients:
                    slopes = central_differences(lambda name=name, look=surface.look: look(name)[0], value)
                    assert relative_error(surface.gradients[name], slopes) < 1e-7, name


@pytest.mark.parametrize(("directions", "coordinates"), [(3, 4), (0, 2), (2, 0)])
def test_a_sample_has_the_wanted_directions_and_coordinates(
    directions: int, coordinates: int, prepared: Mapping[str, Prepared]
) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["iris"], rng)
    build = building(batch, (6,), activation="tanh")
    sizes = {name: tensor.value.size for name, tensor in build(np.float64).tensors.items()}
    for tensor in check(build, batch, rng, Settings(directions=directions, coordinates=coordinates)).tensors:
        size = sizes[tensor.tensor]
        assert tensor.checked == min(directions + coordinates, size)
        assert (0 if coordinates or size <= directions else -1) <= tensor.worst < size


def test_every_direction_is_a_unit_vector_in_which_every_parameter_takes_part() -> None:
    probes = Probes(np.random.default_rng(0))
    for size in (10, 5000, 300):
        directions, wanted = next(probes.candidates(size, Settings(directions=2)))
        first, second = (next(iter(directions)).move(1.0) for _ in range(wanted))
        assert np.linalg.norm(first) == pytest.approx(1)
        assert np.count_nonzero(first) == size
        assert abs(np.dot(first, second)) < 4 / np.sqrt(size)


def test_the_same_generator_gives_the_same_report(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    build = building(batch, (7, 6), dropout=0.4)
    assert check(build, batch, np.random.default_rng(3)) == check(build, batch, np.random.default_rng(3))
    assert check(build, batch, np.random.default_rng(3)) != check(build, batch, np.random.default_rng(4))


def test_given_parameters_are_checked_where_they_are(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["wine"], rng)
    build = building(batch, (7,), l2=0.1)
    parameters = rng.standard_normal(build(np.float64).parameters.size).astype(np.float32)
    network = build(np.float64)
    for surface in surfaces(network, build, batch.of_type(np.float64), rng, Settings(), parameters):
        assert (network.parameters == parameters).all()
        assert all(judge(surface, name, Settings(), Probes(rng)).passed for name in surface.gradients)
    assert check(build, batch, rng, parameters=parameters).passed
