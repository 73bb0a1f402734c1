"""The web, read politely and guardedly: the only package that opens connections to outlets."""
