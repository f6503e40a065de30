//! The gateway against the interface that it forwards.

mod the_table;
