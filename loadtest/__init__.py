"""Load on the platform from outside: HTTP only, nothing of ours is imported."""
