"""What goes wrong: fences missing, Redis gone, processes killed. A package, so that its platforms end with it."""
