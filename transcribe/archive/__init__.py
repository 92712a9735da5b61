"""Every published transcript in one index: words in any inflection, phrases, speakers, shows, dates.

The index is private, lies in the user's data folder, and holds nothing that the documents do not: it can be
made again at any time.
"""
