"""Dataset releases: built, verified, compared and published."""
