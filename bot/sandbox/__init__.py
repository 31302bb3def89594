"""
A Slack workspace and both clouds on this machine, for the demo and for the tests' stories.
"""
