"""
Memory: tables, transactions, one file per noun that is remembered.

Functions take and return frozen values; no connection, session or row leaves this room but through `Database`, which
only this room opens.
"""
