"""Cases: what officers do to them, lists, and the page of one."""
