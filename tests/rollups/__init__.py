"""Statistics and closings read sums that grow; here they are counted anew."""
