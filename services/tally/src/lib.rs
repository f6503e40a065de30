//! The tally role: live counts of what was bought.
