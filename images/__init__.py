"""One reader of picture files for training folders, `python -m bench predict` and the server.

`decoding.py` opens a file under limits and turns it upright, `eight_bits.py` brings every kind of pixel to 8 bits a
channel, `picture.py` puts it on its ground and in the size of a net, `fit.py` says what becomes of another shape,
`ground.py` names the grounds, `polarity.py` tells ink on paper from light strokes, `formats.py` names what is read,
`errors.py` says why a file is refused. The package needs Pillow and numpy, and imports nothing of the project.
"""
