"""Several microphones of one conversation: who speaks into which, where they lie, what belongs to whom."""
