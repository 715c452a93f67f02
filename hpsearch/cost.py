"""What a trial costs, counted and not measured."""

from collections.abc import Mapping

from hpsearch.objective import Task
from hpsearch.space import Scalar


def flops(task: Task, values: Mapping[str, Scalar]) -> float:
    """The operations of a trial with these values, if it runs to its last epoch: those of its dense layers' products.

    A row times a weight is 2 operations: forward, for the weights' gradient, and behind the first layer for the
    inputs' gradient too; and forward again where training and validation rows are evaluated.
    """
    run, products = task.config.trial(values), 0
    for architecture, (train, validation) in zip(task.architectures(run), task.folds, strict=True):
        first = architecture.n_in * (*architecture.hidden, architecture.n_out)[0]
        products += (4 * len(train) + len(validation)) * architecture.weights - len(train) * first
    return 2.0 * run.train.epochs * products
