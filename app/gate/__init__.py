"""Redis state: admits claims, locks vouchers, sheds load. Never the safety; SQL fences every limit."""
