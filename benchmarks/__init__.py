"""Measurements: matching quality and speed, against baselines of the same run."""
