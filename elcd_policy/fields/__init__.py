"""Contracting vector fields in latent space, each stating its own guarantee."""

from .base import LatentField
from .elcd import ElcdField
from .monotone import MonotoneField

FIELDS: dict[str, type[LatentField]] = {"elcd": ElcdField, "monotone": MonotoneField}

__all__ = ["FIELDS", "ElcdField", "LatentField", "MonotoneField"]
