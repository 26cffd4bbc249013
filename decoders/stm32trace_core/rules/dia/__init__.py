"""DIA: what the findings and operations of a whole capture come down to."""
