"""A trained model as an ONNX graph, with all that was fitted for its inputs and targets.

Of arrays the graph takes `X` (rows, features), double. Of a table it takes an input (rows, 1) for each column, by its
name: numbers as double, NaN where missing; dates as days since 1970-01-01 UTC, double, NaN where missing; categories as
text, as `trainer.data.columns_of` reads it ("true" and "false" in lower case), empty where missing.

It gives `probabilities` (rows, classes) and `label` (rows,), text; of labels that are each yes or no `probabilities` alone;
of numbers `prediction` (rows, outputs), double.
"""

import json
import math
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from hpsearch._version import __version__
from hpsearch.errors import UsageError
from trainer import Model
from trainer.arrays import Array
from trainer.data.columns import WEEK, YEAR, Category, Column, Date, Number
from trainer.layers import ACTIVATIONS, BatchNorm, Dense, Dropout, Layer
from trainer.layers.batch_norm import EPSILON
from trainer.layers.leaky_relu import LEAK
from trainer.losses import LOSSES

OPSET, IR_VERSION = 20, 10  # of which gelu by tanh and the comparison of texts are parts
OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LEAK}),
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {"approximate": "tanh"}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "identity": ("Identity", {}),
}
"""The operator of each activation."""
PREFIX = "hpsearch/"
"""Of the names within the graph, which must differ from those of columns."""


class _Graph:
    """Nodes and constants put together one after the other; values are known by their names."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self._names = (f"{PREFIX}{number}" for number in count())

    def input(self, name: str, kind: int, columns: int) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, ["rows", columns]))
        return name

    def output(self, value: str, name: str, kind: int, columns: Sequence[int]) -> None:
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, kind, ["rows", *columns]))

    def constant(self, array: Array) -> str:
        name = next(self._names)
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, operator: str, *values: str, **attributes: Any) -> str:
        name = next(self._names)
        self.nodes.append(helper.make_node(operator, list(values), [name], **attributes))
        return name

    def cast(self, value: str, kind: int) -> str:
        return self.add("Cast", value, to=kind)

    def beside(self, values: Sequence[str]) -> str:
        return values[0] if len(values) == 1 else self.add("Concat", *values, axis=1)


def to_onnx(model: Model) -> ModelProto:
    """The graph of a model, checked by ONNX; raises UsageError for one with parts that ONNX cannot know."""
    _require_known(model)
    graph = _Graph()
    features = _features(graph, model)
    scaled = graph.add("Sub", features, graph.constant(model.standardizer.mean))
    scaled = graph.add("Div", scaled, graph.constant(model.standardizer.scale))
    value = graph.cast(scaled, TensorProto.FLOAT)
    for layer in model.network().layers:
        value = _layer(graph, value, layer)
    _answers(graph, value, model)
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "hpsearch", graph.inputs, graph.outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="hpsearch",
        producer_version=__version__,
    )
    helper.set_model_props(proto, {"classes": json.dumps(model.classes), "target": json.dumps(model.target)})
    checker.check_model(proto, full_check=True)
    return proto


def _require_known(model: Model) -> None:
    architecture = model.architecture
    if architecture.after_activation or architecture.activation not in ACTIVATIONS or architecture.loss not in LOSSES:
        raise UsageError("a network with layers, activations or losses of plug-ins has no ONNX form; export it as npz")


def _features(graph: _Graph, model: Model) -> str:
    """(rows, features), double, before scaling."""
    if model.encoder is None:
        return graph.input("X", TensorProto.DOUBLE, model.architecture.n_in)
    return graph.beside([_column(graph, column) for column in model.encoder.columns])


def _column(graph: _Graph, column: Column) -> str:
    """As the column's own `__call__`."""
    if isinstance(column, Category):
        return _category(graph, column)
    if isinstance(column, Date):
        filled = _filled(graph, column)
        turns = graph.add("Div", filled[0], graph.constant(np.array([[YEAR, WEEK]]) / (2 * np.pi)))
        quarter = graph.add("Add", turns, graph.constant(np.array([[math.pi / 2]])))
        return graph.beside([*filled, graph.add("Sin", turns), graph.add("Sin", quarter)])
    if isinstance(column, Number):
        return graph.beside(_filled(graph, column))
    raise UsageError(f"the column {column.name!r} is of a kind that has no ONNX form; export the model as npz")


def _filled(graph: _Graph, column: Number | Date) -> list[str]:
    """The number, another where it is missing; and whether it is, where that is a feature."""
    value = graph.input(column.name, TensorProto.DOUBLE, 1)
    missing = graph.add("IsNaN", value)
    filled = graph.add("Where", missing, graph.constant(np.array([[column.fill]])), value)
    return [filled, graph.cast(missing, TensorProto.DOUBLE)] if column.marked else [filled]


def _category(graph: _Graph, column: Category) -> str:
    value = graph.input(column.name, TensorProto.STRING, 1)
    texts = np.array([[text or "" for text in column.texts]], object)
    known = graph.cast(graph.add("Equal", value, graph.constant(texts)), TensorProto.DOUBLE)
    if not column.others:
        return known
    axes = graph.constant(np.array([1]))
    other = graph.add("Sub", graph.constant(np.ones((1, 1))), graph.add("ReduceSum", known, axes, keepdims=1))
    return graph.beside([known, other])


def _layer(graph: _Graph, value: str, layer: Layer) -> str:
    """A layer in inference mode."""
    if isinstance(layer, Dropout):
        return value
    if isinstance(layer, Dense):
        product = graph.add("MatMul", value, graph.constant(layer.W.astype(np.float32)))
        return graph.add("Add", product, graph.constant(layer.b.astype(np.float32))) if layer.bias else product
    if isinstance(layer, BatchNorm):
        scale = layer.gamma / np.sqrt(layer.variance + EPSILON)
        scaled = graph.add("Mul", value, graph.constant(scale.astype(np.float32)))
        return graph.add("Add", scaled, graph.constant((layer.beta - layer.mean * scale).astype(np.float32)))
    operator, attributes = OPERATORS[layer.kind]
    return graph.add(operator, value, **attributes)


def _answers(graph: _Graph, scores: str, model: Model) -> None:
    """As `Model.answers`, and the most probable class."""
    outputs = model.architecture.n_out
    if not model.classes:
        found = graph.cast(scores, TensorProto.DOUBLE)
        if model.scaling is not None:
            found = graph.add("Mul", found, graph.constant(model.scaling.scale))
            found = graph.add("Add", found, graph.constant(model.scaling.mean))
        graph.output(found, "prediction", TensorProto.DOUBLE, [outputs])
        return
    if model.architecture.loss == "logistic_cross_entropy":
        probabilities = graph.add("Sigmoid", scores)
        if outputs == 1 and not model.multilabel:
            no = graph.add("Sub", graph.constant(np.ones((1, 1), np.float32)), probabilities)
            probabilities = graph.beside([no, probabilities])
    else:
        probabilities = graph.add("Softmax", scores, axis=-1)
    graph.output(probabilities, "probabilities", TensorProto.FLOAT, [len(model.classes)])
    if not model.multilabel:
        place = graph.add("ArgMax", probabilities, axis=1, keepdims=0)
        label = graph.add("Gather", graph.constant(np.array(model.classes, object)), place)
        graph.output(label, "label", TensorProto.STRING, [])
