//! Logs that tests read.

use std::sync::Once;

/// Has every log line be considered, in all threads of the process. Call it before a subscriber is set for one thread.
///
/// Whether a line is wanted at all is remembered process-wide when it is first reached. Where another test's thread, which has
/// no subscriber, reaches it in the same moment, it may be remembered as unwanted, and the one that listens hears nothing.
pub fn every_line_counts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A program that has set one of its own has lines considered, too.
        let _set_already = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    });
}
