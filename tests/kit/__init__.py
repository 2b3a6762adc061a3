"""What the tests stand on: real servers, a running platform, and the people in its town."""
