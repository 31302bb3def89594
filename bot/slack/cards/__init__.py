"""
Block Kit, one file a noun; pure.
"""
