"""Other programs' ways from an archive to groups, each a script of its own that imports nothing of ours.

`python SCRIPT IN OUT`: JSON lines with `id` and `text` in, `{id, piece}` lines out, `piece` being the id of the first
member. All compare words' 3-shingles by 128 hashes at a Jaccard of .5, and put in one group what they call similar.
"""
