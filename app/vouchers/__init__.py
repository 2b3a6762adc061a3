"""The use cases that move money state, one file each: claim, redeem, reverse, expire."""
