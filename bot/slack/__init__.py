"""
Speech: what Slack says to us and what we say there.
"""
