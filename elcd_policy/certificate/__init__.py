"""Certificates: what is guaranteed of a policy file, and what was checked."""

from ..saving import export_certified, save_certified
from .types import CERTIFIED, NOT_CERTIFIED, Bounds, Certificate, Check, Effect
from .verdict import certificate_fault, certify

__all__ = [
    "CERTIFIED",
    "NOT_CERTIFIED",
    "Bounds",
    "Certificate",
    "Check",
    "Effect",
    "certificate_fault",
    "certify",
    "export_certified",
    "save_certified",
]
