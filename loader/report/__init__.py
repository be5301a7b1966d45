"""Reporting: totals, breakdown, progress, run log."""
