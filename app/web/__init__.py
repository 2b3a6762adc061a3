"""HTTP in front of the application: uvicorn's protocol, a shortcut for hot doors, threads for all others (ADR 0010)."""
