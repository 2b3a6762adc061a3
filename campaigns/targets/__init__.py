"""Targeted issue (定向发放): a list of people is uploaded, checked, released by a second person, and issued."""
