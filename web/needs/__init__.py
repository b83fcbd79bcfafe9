"""The pages of published needs: their words, and their form."""
