"""The lottery: the pure draw, the town's draw, and the script of a stranger."""
