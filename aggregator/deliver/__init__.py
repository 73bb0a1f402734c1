"""Messages into mailboxes: SMTP or Maildir."""
