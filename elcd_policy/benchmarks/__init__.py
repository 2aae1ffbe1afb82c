"""The protocol of the benchmarks: what is run, how it is scored, how the tables are made."""

from .jobs import PROTOCOLS, Job, plan
from .pool import Outcome, run_jobs
from .render import render
from .tick import measure_ticks

__all__ = ["PROTOCOLS", "Job", "Outcome", "measure_ticks", "plan", "render", "run_jobs"]
