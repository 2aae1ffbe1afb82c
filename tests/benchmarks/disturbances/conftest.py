"""Shared with the tests of the simulator."""

from ...sim.conftest import demonstrations, motion, policy_file, scene

__all__ = ["demonstrations", "motion", "policy_file", "scene"]
