"""Learning a policy from demonstrations."""

from .fit import fit
from .settings import TrainingSettings

__all__ = ["TrainingSettings", "fit"]
