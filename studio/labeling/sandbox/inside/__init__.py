"""What runs on the far side of the wall.

These modules see the standard library, numpy, pandas, pyarrow and snorkel, and nothing of Weft:
the sandbox holds only this folder of it, as a package of its own. Hence the relative imports.
"""
