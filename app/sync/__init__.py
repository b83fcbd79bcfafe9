"""Nodes that pull each other's records every night, and can prove that they agree."""
