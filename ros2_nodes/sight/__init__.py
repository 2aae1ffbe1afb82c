"""Parts of goal_node and of the simulated camera: images, and the goals found in them."""
