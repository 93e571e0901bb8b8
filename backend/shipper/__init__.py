"""`scaleops follow`: an access log as it grows, counted by the second and sent to the running product."""
