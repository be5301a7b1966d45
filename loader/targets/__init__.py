"""Where rows go: one protocol, one implementation a package, behaviour added by wrapping."""
