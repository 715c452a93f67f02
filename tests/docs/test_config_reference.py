"""docs/config.md says what the program does: every setting, every default, every name that can be chosen."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hpsearch.config import Babysit, Run
from hpsearch.known import KNOWN
from hpsearch.samplers import SAMPLERS
from trainer.data import BUNDLED

REFERENCE = (Path(__file__).parents[2] / "docs" / "config.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\S+)` \| ?(.*?) ?\| (.*) \|$", flags=re.MULTILINE)
ROWS = {key: (default, text) for key, default, text in ROW.findall(REFERENCE)}
NAMES = {
    "data.source": list(BUNDLED),
    "model.activation": KNOWN.activations,
    "model.initializer": KNOWN.initializers,
    "train.optimizer": KNOWN.optimizers,
    "train.loss": KNOWN.losses,
    "train.schedule": KNOWN.schedules,
    "search.strategy": list(SAMPLERS),
}


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(tree, dict) or not tree:
        yield path, tree
        return
    for key, value in tree.items():
        yield from leaves(value, f"{path}.{key}" if path else key)


def test_every_setting_is_there_with_its_default_and_no_other() -> None:
    said = {key: YAML(typ="safe", pure=True).load(default.strip("`")) for key, (default, _) in ROWS.items() if default}
    babysit = leaves(Babysit().model_dump(mode="json"), "babysit")  # a block that is left out as a whole
    assert said == dict(leaves(Run.defaults())) | dict(babysit)
    assert {key for key, (default, _) in ROWS.items() if not default} == {"name", "data.source"}


@pytest.mark.parametrize("key", NAMES)
def test_every_name_that_can_be_chosen_is_there(key: str) -> None:
    words = set(re.findall(r"\w+(?:\.\w+)*", ROWS[key][1]))
    assert words >= set(NAMES[key])
