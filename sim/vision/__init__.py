"""What a simulated camera sees: the table scene, its pictures, the goal detector."""
