"""Who works in the back office: operators (people) and clients (machines), and what they may do."""
