"""The Ankang code: applied for once, displayed as a short-lived code, verified by a scan."""
