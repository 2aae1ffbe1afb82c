"""Seeing where the goal is: NAIS-Net, deep networks that are stable by construction."""

from .camera import Camera
from .compressed_detector import compress_detector
from .convolution import NAISConvBlock
from .detector import GoalDetector, nais_net, plain_cnn
from .detector_file import Detection, DetectorMetadata, LoadedDetector, load_detector, save_detector
from .fitting import DetectorSettings, fit_detector
from .fully_connected import NAISBlock
from .net import DepthStatistics, NAISNet
from .net_certificate import BlockCertificate, NetCertificate

__all__ = [
    "BlockCertificate",
    "Camera",
    "DepthStatistics",
    "Detection",
    "DetectorMetadata",
    "DetectorSettings",
    "GoalDetector",
    "LoadedDetector",
    "NAISBlock",
    "NAISConvBlock",
    "NAISNet",
    "NetCertificate",
    "compress_detector",
    "fit_detector",
    "load_detector",
    "nais_net",
    "plain_cnn",
    "save_detector",
]
