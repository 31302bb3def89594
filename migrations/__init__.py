"""
How the tables came to be, one file a step. `python -m migrations "what it does"` drafts the next one.
"""
