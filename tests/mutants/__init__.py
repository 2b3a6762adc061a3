"""The shipped platform with fences taken away: patched from outside, in processes of the tests' own."""
