"""What a hostile world sends, row by row, against real servers on loopback; `test_rows` says which test is for which."""
