"""Scoring archives on a distributed engine."""
