"""Reports of campaigns: an HTML page, its figures, tables for a terminal."""

from .html_report import check_report, write_report
from .text_tables import campaign_table, sweep_table

__all__ = [
    "campaign_table",
    "check_report",
    "sweep_table",
    "write_report",
]
