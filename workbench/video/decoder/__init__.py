"""What runs in the process that decodes video: files in, frames out; it may crash or be killed without harm.

`worker.py` starts `serve.py` in a process of its own and speaks with it through pipes: a request is one JSON line, an
answer one JSON line followed by the bytes of the frames. So this package imports nothing else of ours (no torch), and a
worker never runs the main module of the user.

Frame i is the i-th frame in order of display with time >= 0, whatever reads it. The packets alone tell which frames
there are (`packets`); decord is asked only where its own list is known to be the same, PyAV reads the rest (`backends`),
Pillow reads folders of pictures (`pictures`).
"""
