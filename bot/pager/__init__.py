"""What else calls out, beside Slack: pagers, calendars, a dead-man's switch. One door leads there."""
