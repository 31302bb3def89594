"""
The stories, one file a verb.
"""
