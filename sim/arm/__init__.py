"""The simulated arm: its control laws, and the physics engine behind them."""

from .arm import Arm

__all__ = [
    "Arm",
]
