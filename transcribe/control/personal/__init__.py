"""Personal data in what was said: found, and masked."""
