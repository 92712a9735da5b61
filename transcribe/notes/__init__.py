"""Show notes: from a transcript to what can be published, with evidence for every statement."""
