"""The crash campaign: claim storms in which processes are killed and Redis is rolled back, each checked afterwards."""
