"""NumPy multi-layer perceptrons: layers, training, a gradient check. Knows nothing of searching."""

from trainer.architecture import Architecture
from trainer.errors import TrainerError
from trainer.model import Model, load
from trainer.network import Network
from trainer.training import Fit, Training, evaluate, fit

__all__ = ["Architecture", "Fit", "Model", "Network", "TrainerError", "Training", "evaluate", "fit", "load"]
