"""Policies as C headers, for controllers without Python."""

from .c_file import HEADER, header_content
from .c_header import c_header, c_name

__all__ = ["HEADER", "c_header", "c_name", "header_content"]
