"""The slow, obvious twins: layers and losses as their formulas stand, number by number, on Python floats."""

import math
from collections.abc import Callable, Mapping

Matrix = list[list[float]]
Values = Mapping[str, Matrix]
"""A layer's tensors, statistics and mask, by name."""
Twin = Callable[[Values, Matrix, bool], Matrix]
"""(values, x, train) -> y"""


def dense(values: Values, x: Matrix, _train: bool) -> Matrix:
    weights = values["W"]
    bias = values["b"][0] if "b" in values else [0.0] * len(weights[0])
    return [
        [math.fsum(r * w[j] for r, w in zip(row, weights, strict=True)) + b for j, b in enumerate(bias)] for row in x
    ]


def batch_norm(values: Values, x: Matrix, train: bool) -> Matrix:
    columns = []
    for j, column in enumerate(zip(*x, strict=True)):
        mean, variance = moments(column) if train else (values["mean"][0][j], values["variance"][0][j])
        gamma, beta = values["gamma"][0][j], values["beta"][0][j]
        columns.append([gamma * (number - mean) / math.sqrt(variance + 1e-5) + beta for number in column])
    return [list(row) for row in zip(*columns, strict=True)]


def moments(column: tuple[float, ...]) -> tuple[float, float]:
    """Mean and biased variance."""
    mean = math.fsum(column) / len(column)
    return mean, math.fsum((number - mean) ** 2 for number in column) / len(column)


def dropout(values: Values, x: Matrix, train: bool) -> Matrix:
    if not train:
        return x
    return [[r * m for r, m in zip(row, kept, strict=True)] for row, kept in zip(x, values["mask"], strict=True)]


def elementwise(function: Callable[[float], float]) -> Twin:
    return lambda values, x, train: [[function(number) for number in row] for row in x]


def relu(number: float) -> float:
    return number if number > 0 else 0.0


def sigmoid(number: float) -> float:
    return 1 / (1 + math.exp(-number))


def gelu(number: float) -> float:
    return number / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (number + 0.044715 * number**3)))


def softmax(row: list[float]) -> list[float]:
    total = math.fsum(math.exp(score) for score in row)
    return [math.exp(score) / total for score in row]


def softmax_cross_entropy(scores: Matrix, targets: Matrix) -> float:
    losses = [
        -math.fsum(t * math.log(p) for t, p in zip(target, softmax(row), strict=True))
        for row, target in zip(scores, targets, strict=True)
    ]
    return math.fsum(losses) / len(losses)


def accuracy(targets: Matrix, scores: Matrix) -> float:
    hits = [row.index(max(row)) == target.index(1.0) for row, target in zip(scores, targets, strict=True)]
    return sum(hits) / len(hits)


def mean_over_numbers(loss: Callable[[float, float], float], scores: Matrix, targets: Matrix) -> float:
    pairs = [pair for row, wanted in zip(scores, targets, strict=True) for pair in zip(row, wanted, strict=True)]
    return math.fsum(loss(z, t) for z, t in pairs) / len(pairs)


def logistic_cross_entropy(scores: Matrix, targets: Matrix) -> float:
    return mean_over_numbers(lambda z, t: -t * math.log(sigmoid(z)) - (1 - t) * math.log(sigmoid(-z)), scores, targets)


def mean_squared_error(scores: Matrix, targets: Matrix) -> float:
    return mean_over_numbers(lambda z, t: (z - t) ** 2, scores, targets)


def huber(scores: Matrix, targets: Matrix) -> float:
    def loss(z: float, t: float) -> float:
        r = abs(z - t)
        return r * r / 2 if r <= 1 else r - 0.5

    return mean_over_numbers(loss, scores, targets)
