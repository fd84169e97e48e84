"""Reading that believes in no cap: an answer counts only if its parts agree with it (rule W6). Pure."""
