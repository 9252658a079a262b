"""The demonstration: simulated officers and banks carry two funds' loans to their ends; weeks pass in seconds."""
