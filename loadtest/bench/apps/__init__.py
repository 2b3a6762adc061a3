"""What the bench puts behind a web server: baselines, and wrappers around the platform's own application."""
