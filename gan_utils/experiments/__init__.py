"""What makes the data that is shipped, and measurements of speed: commands, all of them.

`python -m gan_utils.experiments` prints the tables of speed and quality.
"""
