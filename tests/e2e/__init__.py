"""Rules of the whole product, in a real browser and with clients of other makes."""
