"""Film files and the pictures that go into them."""
