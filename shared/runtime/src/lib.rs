//! What every role shares at run time: configuration, telemetry, HTTP shell, readiness, token checks, supervised shutdown.
