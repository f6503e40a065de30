//! The catalog role: products.
