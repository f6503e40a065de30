//! End-to-end tests through the public interface.
