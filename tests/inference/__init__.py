"""Tests of `loader/inference`."""
