"""`python -m mlapp`: the command line."""

from mlapp.library.cli import main

if __name__ == "__main__":
    main()
