"""The two-minute tour: sample outlets with our own texts, served on loopback."""
