"""Articles, sentences, fingerprints, splits and the checks on them."""
