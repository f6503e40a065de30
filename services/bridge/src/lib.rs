//! The bridge role: stream to topic.
