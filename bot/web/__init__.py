"""
Doors over HTTP: Slack's events, health, metrics.
"""
