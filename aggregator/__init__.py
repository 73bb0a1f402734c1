"""Fair Copy: the feed aggregator that shows every story once and says where it really came from."""
