"""What every room stands on: the values that flow, options, errors, files and processes."""
