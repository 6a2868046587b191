"""The page in Firefox and in WebKit: what people do most, and what differs between browsers."""
