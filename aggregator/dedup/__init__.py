"""Entries into pieces: which texts are the same, whoever prints them, and who had them first."""
