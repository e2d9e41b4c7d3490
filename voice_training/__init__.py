"""How the built-in voice is made: `make voice`, or `python -m voice_training train --minutes N`.

The chain, each stage resumable: texts (`texts`) are read by the teacher (`teacher`, `corpus`), a vocoder
learns on its frames (`vocoder`), an acoustic model learns to read (`acoustic`) and is heard on development
texts while it does (`rehearsal`), the vocoder goes on with what the acoustic model really says, and the
result is written (`export`), measured on sentences that nothing was trained on (`evaluation`) and described
(`model_card`). `run` ties it together.

The teacher is flite: `apt-get install flite`. A machine where it cannot be installed (a rented GPU, say)
gets a folder with its libraries, and libasound.so.2, named in FLITE_LIBRARIES. A machine without the
recogniser trains with `--no-listen`; the folder is then measured elsewhere: `voice measure FOLDER --card`.
`--init FOLDER` goes on from a trained voice of the same size, new speakers included.
"""
