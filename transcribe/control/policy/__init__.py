"""A policy: rules and questions in a file, their verdicts about an episode, and the report of these."""
