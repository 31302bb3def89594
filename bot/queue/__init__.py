"""
Patience: a turn, a signature and a second chance for each request.
"""
