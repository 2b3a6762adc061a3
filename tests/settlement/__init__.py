"""Settlement and payouts, histories of them."""
