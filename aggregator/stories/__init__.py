"""Pieces into stories: which pieces tell of one event."""
