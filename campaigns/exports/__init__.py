"""Files of the numbers, written by a job part by part, without personal data (ADR 0028)."""
