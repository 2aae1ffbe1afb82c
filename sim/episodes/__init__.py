"""Episodes: one arm, one motion, disturbances; run, recorded and measured."""
