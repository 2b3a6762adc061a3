"""Holds (暂缓拨付): what is suspicious is not paid until a person has looked; adjustments; samples before approval."""
