"""NumPy multi-layer perceptrons: layers, training, a gradient check. Knows nothing of searching."""

from trainer.architecture import Architecture, build_stack
from trainer.errors import TrainerError
from trainer.evaluation import evaluate
from trainer.fitting import Fitting, fit, fit_together
from trainer.history import End, Epoch, Fit
from trainer.model import Model, load
from trainer.network import Network
from trainer.plugins import Plugin
from trainer.training import Training

__all__ = [
    "Architecture",
    "End",
    "Epoch",
    "Fit",
    "Fitting",
    "Model",
    "Network",
    "Plugin",
    "TrainerError",
    "Training",
    "build_stack",
    "evaluate",
    "fit",
    "fit_together",
    "load",
]
