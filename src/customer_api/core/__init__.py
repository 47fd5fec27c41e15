"""What every layer stands on: settings, database units, errors, time, ids, privacy classes."""
