"""claimtypes: an agreed, citable, multi-label sentence corpus, and the toolkit that makes it."""

__version__ = "0.1.0"
