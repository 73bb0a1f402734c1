"""The program's name and version, as servers and readers see them."""

__version__ = "0.1.0"
NAME = "FairCopy"
