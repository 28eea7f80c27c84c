"""What the user's build made, seen from outside: its variables, initial values, and what makes two models alike."""
