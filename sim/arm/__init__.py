"""The simulated arm: control laws, and the physics engine behind them."""
