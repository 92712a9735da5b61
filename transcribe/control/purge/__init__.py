"""What goes when an episode is purged, what stays and why, and the record of it; legal holds, terms."""
