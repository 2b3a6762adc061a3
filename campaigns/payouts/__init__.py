"""Payouts (拨付): from an approved settlement batch to the bank's final word."""
