"""A user's own parts of networks: found, named, checked like ours, and refused in a sentence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from trainer import Architecture, Model, Plugin, TrainerError, Training, evaluate, fit, load
from trainer.data import Rows, Standardizer
from trainer.estimators import pretrained
from trainer.plugins import kinds_with, require_shapes

from .plugin_texts import OTHERS, SWISH

PLUGINS = (Plugin("swish.py", SWISH), Plugin("others.py", OTHERS))
ARCHITECTURE = Architecture(
    6,
    3,
    (8, 5),
    activation="swish",
    loss="brier",
    plugins=PLUGINS,
    after_activation=("scale",),
    penalties=(("fourth_power", 1e-3),),
)


def rows(n: int = 60) -> Rows:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 6), dtype=np.float32)
    return Rows(x, np.eye(3, dtype=np.float32)[np.abs(x[:, :3]).argmax(axis=1)])


def test_every_part_is_found_by_its_kind() -> None:
    kinds = kinds_with(PLUGINS)
    assert kinds.activations["swish"].__name__ == "Swish"
    assert set(kinds.layers) == {"scale"}
    assert kinds.losses["brier"].__name__ == "Brier"
    assert set(kinds.penalties) == {"fourth_power"}


def test_a_network_of_a_users_own_parts_learns() -> None:
    network = ARCHITECTURE.build(capacity=60)
    network.initialise(np.random.default_rng(0))
    before = evaluate(network, rows())["loss"]
    training = Training(optimizer="adam", learning_rate=0.01, epochs=60, schedule="constant")
    generators = {"shuffle": np.random.default_rng(1), "noise": np.random.default_rng(2)}
    found = fit(network, rows(), None, training, **generators, metrics=["accuracy", "f1_macro"])
    assert found.scores["train_loss"] < 0.5 * before
    assert any(tensor.startswith("scale_1") for tensor in network.tensors)


def test_the_same_text_is_the_same_part_wherever_it_is_loaded() -> None:
    assert (
        kinds_with(PLUGINS[:1]).activations["swish"]
        is kinds_with((Plugin("swish.py", str(SWISH)),)).activations["swish"]
    )
    assert replace(ARCHITECTURE) == ARCHITECTURE
    assert hash(replace(ARCHITECTURE)) == hash(ARCHITECTURE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import numpy as np\nx = (\n", r"own\.py cannot be loaded: SyntaxError: .* \(line 2\)"),
        (
            "x = 1\nimport no_such_module\n",
            r"own\.py cannot be loaded: ModuleNotFoundError: .*no_such_module.* \(line 2\)",
        ),
        ("x = 1\n\nraise RuntimeError('boo')\n", r"own\.py cannot be loaded: RuntimeError: boo \(line 3\)"),
        ("x = 1\n", "defines no part of a network"),
        ("from trainer.layers import Relu\n", "defines no part of a network"),  # what it imports is not its own
        (SWISH.replace("    def slope", "    def slop"), "must define slope in Swish"),
        ("import sys\nsys.exit(3)\n", r"own\.py cannot be loaded: SystemExit: 3 \(line 2\)"),
        (OTHERS.replace('    task = "classification"\n', ""), "must say what Brier is for: task = 'classification'"),
        (SWISH.replace('    kind = "swish"\n', ""), "must give Swish a name"),
        (SWISH.replace('"swish"', '"relu"'), "calls Swish 'relu', a name that the trainer itself uses"),
        (SWISH.replace('"swish"', '"l2"'), "calls Swish 'l2', a name that the trainer itself uses"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(TrainerError, match=message):
        kinds_with((Plugin("own.py", text),))


def test_a_part_with_two_names_is_one_part() -> None:
    kinds = kinds_with((Plugin("own.py", SWISH + "\nSilu = Swish\n"),))
    assert kinds.activations["swish"].__name__ == "Swish"


def test_what_a_plugins_parts_derive_from_may_be_abstract() -> None:
    base = SWISH.replace("class Swish(Activation):\n", "class Base(Activation):\n    pass\n\n\nclass Swish(Base):\n")
    assert kinds_with((Plugin("own.py", base),)).activations["swish"].__name__ == "Swish"


def test_two_plugins_with_one_name_are_refused() -> None:
    with pytest.raises(TrainerError, match=r"b\.py calls Swish 'swish', a name that the plug-in a\.py uses"):
        kinds_with((Plugin("a.py", SWISH), Plugin("b.py", SWISH + "\n")))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("activation", "swosh"),
        ("loss", "swish"),
        ("after_activation", ("relu",)),
        ("penalties", (("l2", 1.0),)),
        ("penalties", (("fourth_power", -1.0),)),
    ],
)
def test_a_part_that_no_plugin_defines_is_refused(setting: str, value: object) -> None:
    with pytest.raises(TrainerError, match="must be"):
        replace(ARCHITECTURE, **{setting: value})


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "return x * self.s\n",
            "return (x * self.s)[:1]\n",
            r"'scale' gives an array of the shape \(1, 8\) and type float32 from forward",
        ),
        (
            "return x * self.s\n",
            "return (x * self.s).astype(float)\n",
            "type float64 from forward; it should be .* float32",
        ),
        ("return x * self.s\n", "return None\n", "'scale' gives NoneType from forward"),
        (
            "return dy * self.s\n",
            "return (dy * self.s).sum(axis=-1)\n",
            r"'scale' gives an array of the shape \(4,\) and type float32 from backward",
        ),
    ],
)
def test_a_layer_that_gives_an_array_of_another_shape_is_named(right: str, wrong: str, message: str) -> None:
    assert right in OTHERS
    plugins = (PLUGINS[0], Plugin("others.py", OTHERS.replace(right, wrong)))
    with pytest.raises(TrainerError, match=message):
        require_shapes(replace(ARCHITECTURE, plugins=plugins).build(capacity=4))


def test_layers_of_the_right_shapes_are_left_alone() -> None:
    require_shapes(replace(ARCHITECTURE, dropout=0.5, input_dropout=0.1).build(capacity=4))


def test_a_model_file_names_its_plugins_and_holds_no_code(tmp_path: Path) -> None:
    network = ARCHITECTURE.build(capacity=4)
    network.initialise(np.random.default_rng(0))
    model = Model(ARCHITECTURE, network.parameters, network.statistics, Standardizer.identity(6), ("a", "b", "c"))
    model.save(tmp_path / "model.npz")
    assert b"sigmoid" not in (tmp_path / "model.npz").read_bytes()
    with pytest.raises(TrainerError, match=r"was trained with the plug-in swish\.py"):
        load(tmp_path / "model.npz")
    with pytest.raises(TrainerError, match=r"was trained with the plug-in others\.py"):
        load(tmp_path / "model.npz", plugins=[PLUGINS[0], Plugin("others.py", OTHERS + "\n")])
    with pytest.raises(TrainerError, match=r"was trained with the plug-in swish\.py"):
        pretrained(tmp_path / "model.npz")
    estimator = clone(pretrained(tmp_path / "model.npz", PLUGINS))
    np.testing.assert_array_equal(estimator.predict_proba(rows(9).x), model.predict_proba(rows(9).x))
    again = load(tmp_path / "model.npz", plugins=list(reversed(PLUGINS)))
    assert again.architecture == ARCHITECTURE
    x = rows(9).x
    assert again.predict_proba(x).tobytes() == model.predict_proba(x).tobytes()
