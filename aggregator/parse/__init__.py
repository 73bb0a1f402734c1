"""Bytes of feeds into ParsedFeed or Unreadable; dates and bodies repaired."""
