"""The model of the row cap on trial, in every run; once it fails, `strict` takes over. Pure."""
