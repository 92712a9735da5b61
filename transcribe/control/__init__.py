"""Control: may it be trusted, and who said so."""
