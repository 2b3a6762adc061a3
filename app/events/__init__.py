"""What happened, for whoever wants to know: the relay and the feed, webhooks, notices to citizens (ADR 0029)."""
