"""Review: every place that a person has to look at, what was decided about it, and the approval."""
