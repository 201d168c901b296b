"""What is wrong with texts: doubles, near-doubles, personal data, languages. Pure functions."""
