"""Commands that make the data that is shipped, or measure speed and quality.

`python -m gan_utils.experiments` prints the tables of speed and quality.
"""
