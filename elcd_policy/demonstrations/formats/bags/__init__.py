"""rosbag2 and ROS 1 bags: read, written, and read again when their recorder was killed."""

from .bag_files import BAG_SUFFIXES, is_bag
from .bag_messages import JOINTS, POSE
from .bag_reader import NANOSECONDS, read_bag
from .bag_writer import BagWriter, write_bag

__all__ = [
    "BAG_SUFFIXES",
    "JOINTS",
    "NANOSECONDS",
    "POSE",
    "BagWriter",
    "is_bag",
    "read_bag",
    "write_bag",
]
