"""Shared by all nodes: lifecycle, parameters, messages, state inputs, and running a process."""
