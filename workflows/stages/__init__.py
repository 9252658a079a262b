"""The stages of a case, a module each: functions that take the case, hear what it waits for, commit what follows."""
