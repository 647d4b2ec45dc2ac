"""Classifiers behind one protocol, and an evaluation that can be believed."""
