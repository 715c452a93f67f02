"""Parts of hpsearch for users of other programs."""
