"""Tests: facts about the town."""
