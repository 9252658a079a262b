"""What runs it: settings, servers, processes. The only part that reads the environment."""
