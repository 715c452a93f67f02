"""All machines of a sweep run the same versions."""

import pytest

from hpsearch.engine.cluster import require_same_versions, versions
from hpsearch.errors import UsageError


@pytest.mark.parametrize("name", versions())
def test_a_node_of_another_version_is_refused_in_a_sentence_that_names_both(name: str) -> None:
    here = versions()
    with pytest.raises(UsageError) as refusal:
        require_same_versions(here, {**here, name: "0.0.7"}, "node-3")
    assert all(word in str(refusal.value) for word in ("node-3", f"{name} 0.0.7", here[name]))
    assert "\n" not in str(refusal.value)


def test_a_node_of_the_same_versions_is_let_in() -> None:
    require_same_versions(versions(), versions(), "node-3")
