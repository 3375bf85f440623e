"""Attacks the package as a bad day does, and prints what held."""
