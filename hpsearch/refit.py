"""The best configuration trained once more, on training and validation rows together."""

from dataclasses import dataclass, replace

from hpsearch.config import Config
from hpsearch.data import Data
from hpsearch.errors import HpsearchError
from hpsearch.gate import Gate
from hpsearch.objective import blas_threads
from hpsearch.records import Trial
from hpsearch.seeds import TrialGenerators, split_seed
from hpsearch.settings import architecture_of, plugins_of, rows_of, training_of
from trainer import Fitting, Model, Network
from trainer.data import Rows, prepare
from trainer.evaluation import EVALUATION_ROWS


@dataclass(frozen=True)
class Refit:
    """What a refit was trained on."""

    rows: int  # training and validation rows
    epochs: int  # the best epoch of the trial: all that the validation rows decided
    train_loss: float  # on these rows; but for the test rows, none are left to judge the model by


@dataclass(frozen=True)
class Refitted:
    """What comes of a refit."""

    figures: Refit
    model: Model
    network: Network
    test: Rows  # scaled as the network needs them


def refit(config: Config, data: Data, trial: Trial, epochs: int) -> Refitted:
    """Train a trial's configuration with its seed for so many epochs, on all rows but those of the test.

    The learning rate follows the trial's schedule, the scaling is fitted anew. Raises HpsearchError if the network does
    not pass its gate on these rows, or diverges, or if its settings changed in the course of its training.
    """
    run = config.trial(trial.values)
    if run.babysit:
        raise HpsearchError(
            "--refit: the settings of this training changed by what the validation rows said, and a refit has none"
        )
    everything = prepare(data.dataset, validation=0.0, test=run.data.test, seed=split_seed(run.seed))
    architecture = architecture_of(run, everything.train, everything.classes, plugins_of(config))
    generators = TrialGenerators.of(trial.seed)
    gate = Gate([(architecture, everything.train)], run, generators.gradcheck)
    network = architecture.build(capacity=max(min(run.train.batch_size, len(everything.train)), EVALUATION_ROWS))
    network.initialise(generators.initialise)
    training = replace(training_of(run), patience=None)  # without validation rows there is nothing to wait for
    fitting = Fitting(network, [training], shuffle=[generators.shuffle], noise=[generators.noise])
    rows = rows_of(architecture.loss, everything.train)
    with blas_threads(run.resources.cpus):
        closes = [lambda epoch: gate.closes(epoch, [network.parameters])]
        fits = fitting.fit(rows, epochs=epochs, on_epoch=closes) if gate.opens() else []
    error = gate.result().error
    if error is None and fits[0].diverged:
        error = f"a loss was not a finite number after epoch {len(fits[0].epochs)}"
    if error is not None:
        raise HpsearchError(f"trial {trial.number} cannot be refitted on training and validation rows: {error}")
    figures = Refit(len(rows), epochs, fits[0].scores["train_loss"])
    return Refitted(figures, Model.of(architecture, network, everything), network, everything.test)
