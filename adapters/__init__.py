"""
The clouds: pure conversations. Nothing in here knows of Slack, SQL or the queue.
"""
