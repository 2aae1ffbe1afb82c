"""Control without ROS: from a robot's state and a policy to the next safe command."""
