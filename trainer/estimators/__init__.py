"""The trainer as scikit-learn estimators; the only part of it that needs scikit-learn to be imported."""

from trainer.estimators.classifier import MLPClassifier
from trainer.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
