"""Decides what goes when, and keeps the law of rows: pump, lanes, ledger, and the coordinator that joins them."""
