"""Learn contracting vector fields from demonstrations, prove them, serve them to a robot."""
