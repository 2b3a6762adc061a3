"""What doors in front of Flask share (ADR 10, 25). Each takes its usual requests and leaves all others to a view."""
