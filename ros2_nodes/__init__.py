"""ROS 2 nodes around a motion policy, the graph that they form, and the demonstration of it."""
