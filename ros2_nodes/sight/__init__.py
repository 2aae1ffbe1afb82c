"""Camera images and the goals found in them."""
