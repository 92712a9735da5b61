"""`python -m transcribe` is the same as `transcribe`."""

from transcribe.core.processes import forget_current_folder

forget_current_folder()  # before more is imported

from transcribe.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
