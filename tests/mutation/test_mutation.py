"""Nothing wrong gets through the gate: mutants of every gradient, on a fixed tenth of their architectures."""

from functools import cache

import pytest

from tests.mutation.matrix import Fate
from tests.mutation.mutants import PARTS, Mutant, mutants, targets
from tests.mutation.operators import OPERATORS
from tests.mutation.survey import survey

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured


@cache  # and no fixture, as those are measured
def all_mutants() -> list[Mutant]:
    return mutants()


def test_every_registered_part_is_spoiled_in_every_way() -> None:
    assert {part for mutant in all_mutants() for part in mutant.hosts} == set(PARTS)
    assert {(mutant.owner, mutant.method) for mutant in all_mutants()} == set(targets())
    assert {mutant.operator for mutant in all_mutants()} == {operator.__name__ for operator in OPERATORS}


def test_a_mutant_is_gone_after_its_life() -> None:
    mutant = all_mutants()[0]
    right = getattr(mutant.owner, mutant.method)
    with mutant.alive():
        assert getattr(mutant.owner, mutant.method) is mutant.spoiled
    assert getattr(mutant.owner, mutant.method) is right


@pytest.mark.timeout(600)
def test_the_gate_stops_every_mutant_wherever_it_changes_a_gradient() -> None:
    found = list(survey(all_mutants(), share=0.1))
    assert [each.mutant.name for each in found if each.fates[Fate.SURVIVED]] == []
    assert sum(each.fates[Fate.STOPPED] for each in found) > 10_000
