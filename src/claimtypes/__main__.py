"""``python -m claimtypes`` is the ``claimtypes`` command."""

from claimtypes.cli import main

if __name__ == "__main__":
    main()
