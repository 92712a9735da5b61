"""Real clients of the server: the programs and packages that people use, run against `transcribe serve`."""
