"""The gradient check: back-propagation against the cost's own slopes, in double precision.

Slopes are central differences along random directions and coordinates of each tensor; where rounding, curvature
or a kink keeps a difference from agreeing, the complex step decides. Both run the layer code that trains.
"""

from trainer.gradcheck.check import check, surfaces
from trainer.gradcheck.judge import judge
from trainer.gradcheck.probes import Probes
from trainer.gradcheck.report import Report, TensorCheck, relative_error
from trainer.gradcheck.settings import Settings
from trainer.gradcheck.surface import Batch

__all__ = ["Batch", "Probes", "Report", "Settings", "TensorCheck", "check", "judge", "relative_error", "surfaces"]
