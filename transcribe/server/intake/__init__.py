"""What comes in: recordings as uploads or as paths, the fields beside them, JSON; all of it bounded."""
