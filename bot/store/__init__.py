"""
Memory: tables, transactions, one file per noun that is remembered.
"""
