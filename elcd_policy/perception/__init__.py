"""Seeing where the goal is: NAIS-Net, deep networks that are stable by construction."""

from .certificate import BlockCertificate, NetCertificate
from .convolution import NAISConvBlock
from .fully_connected import NAISBlock
from .net import DepthStatistics, NAISNet

__all__ = [
    "BlockCertificate",
    "DepthStatistics",
    "NAISBlock",
    "NAISConvBlock",
    "NAISNet",
    "NetCertificate",
]
