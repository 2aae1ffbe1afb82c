"""The simulated arm: its control laws, and the physics engines behind one interface.

`ArmModel` is what an engine computes, `Renderer` what it draws; `engines` knows which there are.
"""

from .arm import Arm
from .engines import CHOICES, ENGINES, choose_engine, installed_engines

__all__ = ["CHOICES", "ENGINES", "Arm", "choose_engine", "installed_engines"]
