"""Editions into pages, feeds out and mail; the only package that writes HTML."""
