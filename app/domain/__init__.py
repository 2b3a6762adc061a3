"""The rules, pure: frozen values in, frozen values out, nothing but the standard library."""
