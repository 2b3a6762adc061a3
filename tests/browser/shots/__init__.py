"""Pictures of the pages, one table for each set; `make screenshots` writes them into docs/screenshots."""
