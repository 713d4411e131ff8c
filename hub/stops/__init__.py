"""Why machines stood still: stretches of standing within planned time, and the reasons people give for them."""
