"""What the lessons of the series share: small modules, each with one job.

Importing `gan_utils` alone imports nothing. Import the modules by name:

    from gan_utils import data, plotting
"""
