"""Statements (对账单): what a merchant, or one store of it, gets for a settled interval, as files that never change."""
