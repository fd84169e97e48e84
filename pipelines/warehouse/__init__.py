"""Where rows are kept: the private warehouse behind one Store, whatever the destination."""
