"""The reference replay: a two-batch district campaign, played through the HTTP doors of running processes."""
