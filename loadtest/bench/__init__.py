"""Benchmarks: CPU per request side by side with baselines, in interleaved rounds, each ending with an audit."""
