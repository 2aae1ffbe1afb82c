"""MuJoCo as the physics engine of the arm."""
