"""From settings to engines: the one place that names them."""
