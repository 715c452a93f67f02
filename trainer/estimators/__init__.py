"""The trainer as scikit-learn estimators; the only part of it that needs scikit-learn to be imported.

How many threads BLAS takes is the caller's to say, as with scikit-learn: small networks are trained fastest with one
(`OPENBLAS_NUM_THREADS=1`, or threadpoolctl), and on a busy machine ten times slower with two.
"""

from trainer.estimators.classifier import MLPClassifier
from trainer.estimators.pretrained import PretrainedClassifier, PretrainedRegressor, pretrained
from trainer.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "PretrainedClassifier", "PretrainedRegressor", "pretrained"]
