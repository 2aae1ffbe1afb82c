"""The arm in PyBullet."""
