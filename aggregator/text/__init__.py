"""Markup, addresses, outlets, words and languages of foreign texts."""
