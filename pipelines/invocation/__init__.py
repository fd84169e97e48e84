"""What the commands share: their options, the tenants they are about, their output, and how they end."""
