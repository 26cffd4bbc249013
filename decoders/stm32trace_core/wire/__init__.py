"""Bus words and transfers: record types, and the framing that PulseView and the analyzer share."""
