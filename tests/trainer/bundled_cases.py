"""What is known of each bundled data set, from its description, and how well a network must do on it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BundledCase:
    """Sizes as scikit-learn's description of the data set states them."""

    rows: int
    features: int
    classes: int
    accuracy: float  # that a small network must reach on validation rows


BUNDLED_CASES: Mapping[str, BundledCase] = {
    # 0.98 by nearest neighbours on the writer-independent test set (UCI, optdigits.names).
    "digits": BundledCase(rows=1797, features=64, classes=10, accuracy=0.96),
    # 0.975 in cross-validation by a separating plane on three features (UCI, wdbc.names).
    "breast_cancer": BundledCase(rows=569, features=30, classes=2, accuracy=0.94),
    # Fisher's discriminant errs in three of the 150 rows (Fisher 1936); 30 rows are judged here.
    "iris": BundledCase(rows=150, features=4, classes=3, accuracy=0.9),
    # 0.989 by linear discriminants, leaving one out (UCI, wine.names); 36 rows are judged here.
    "wine": BundledCase(rows=178, features=13, classes=3, accuracy=0.94),
}

LEARNING_RATES: Mapping[str, float] = {
    "sgd": 0.2,
    "momentum": 0.05,
    "nesterov": 0.05,
    "rmsprop": 0.003,
    "adam": 0.003,
    "adamw": 0.003,
}
"""At which each optimizer learns the digits in 20 epochs; β = 0.9 makes momentum's steps ten times as long."""
