"""`python -m transcribe` is the same as `transcribe`."""

from transcribe.cli import main

if __name__ == "__main__":
    main()
