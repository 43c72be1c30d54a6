"""Guards: who may connect, ask and sign in, and how much and how often."""
