"""SWD: the link itself: who answers, with which acknowledge, for how long, and which bits arrive."""
