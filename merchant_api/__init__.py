"""The till's side. The package itself loads nothing: `door.py` is the platform's, `client` starts without it."""
