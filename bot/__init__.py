"""
The bot: hears, judges, remembers, speaks.
"""

__version__ = "0.1.0"
