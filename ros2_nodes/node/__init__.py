"""What all nodes share: lifecycle, parameters, messages, running."""
