//! Seeds of the simulation. `tests/run.py` runs them beside the other tests and leaves them out there, by their module's name.

mod histories;
