"""Find near-duplicates, group documents into stories, and assign them to splits."""
