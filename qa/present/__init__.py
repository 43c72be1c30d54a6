"""The output of this program: the one shape of an answer, and its words for people and chats."""
