"""What leaves this program: the one shape of an answer, and its words for people and for chats."""
