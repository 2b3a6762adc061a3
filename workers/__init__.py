"""Thin jobs: open the application, call one use case, return a sentence. RQ is a bell, SQL is the work list."""
