"""The protocol of the benchmarks: what is run, how it is scored, how the tables are made."""

from ..pool import Outcome, run_jobs
from ..tick_and_cost.tick import measure_ticks
from .jobs import PROTOCOLS, Job, plan
from .render import render

__all__ = ["PROTOCOLS", "Job", "Outcome", "measure_ticks", "plan", "render", "run_jobs"]
