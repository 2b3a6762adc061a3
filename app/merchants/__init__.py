"""Who may redeem and who is paid: applications, stores, terminals."""
