"""Certificates: what is guaranteed of a policy file, and what was checked."""

from ..utils.moved_names import forward
from .stored import certificate_fault
from .types import CERTIFIED, NOT_CERTIFIED, Bounds, Certificate, Check, Effect
from .verdict import certify

__all__ = [
    "CERTIFIED",
    "NOT_CERTIFIED",
    "Bounds",
    "Certificate",
    "Check",
    "Effect",
    "certificate_fault",
    "certify",
]

__getattr__ = forward(
    __name__,
    dict.fromkeys(("export_certified", "save_certified"), "elcd_policy.deprecated"),
)
