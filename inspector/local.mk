# Lower layers come last.
