"""PyBullet as the physics engine of the arm."""
