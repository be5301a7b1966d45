"""What a run tells: totals, breakdown, progress, run log."""
