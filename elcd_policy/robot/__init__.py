"""Robot-side mathematics in numpy: placement, orientation, units, task space, safety."""
