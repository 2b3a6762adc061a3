"""What closings, statistics and their jobs cost, however many redemptions there are: goals P14 to P16."""
