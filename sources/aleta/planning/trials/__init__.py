"""The model of the row cap on trial, in every run: what is tested, and what is read strictly once it fails. Pure."""
