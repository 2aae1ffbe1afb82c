"""Parts of policy_node: its session, inputs, outputs, permissions and reports, over ROS."""
