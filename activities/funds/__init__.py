"""What people do to a fund itself: who may act in it, and with which banks it works."""
