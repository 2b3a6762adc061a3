"""Residents without a phone, served by an agent at a community centre (代办点): ADR 0037."""
