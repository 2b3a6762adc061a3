"""Notices to citizens: one an event and person, written behind the feed, sent by a channel (ADR 0033)."""
