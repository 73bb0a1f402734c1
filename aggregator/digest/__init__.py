"""Stories into editions: what leads, what is new, what grew."""
