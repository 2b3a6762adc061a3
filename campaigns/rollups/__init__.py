"""Sums that grow with what happens: rolled up in small steps, exact at every moment, proved by a recount (ADR 0028)."""
