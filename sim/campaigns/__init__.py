"""Campaigns: many disturbed episodes on several cores, their figures, sweeps and comparisons."""

from .campaign import run_campaign
from .campaign_result import CampaignResult
from .comparison import compare, comparison_table
from .runner import Episode, Runner, count_cores, run_jobs
from .sweep import run_sweep

__all__ = [
    "CampaignResult",
    "Episode",
    "Runner",
    "compare",
    "comparison_table",
    "count_cores",
    "run_campaign",
    "run_jobs",
    "run_sweep",
]
