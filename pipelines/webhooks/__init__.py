"""Webhooks: deliveries received, proven, kept on disk, and followed by a sync of the client they name."""
