"""Fair Copy: the feed aggregator that shows every story once and says where it really came from."""

import gc

gc.set_threshold(20_000)
"""Objects between two looks for cycles, for Python's 700: loading makes 300,000 objects that stay, and going through
them again and again took a seventh of the start."""
