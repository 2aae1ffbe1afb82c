"""The parts of policy_node."""
