//! The query role: PostgreSQL read models.
