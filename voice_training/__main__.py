"""`python -m voice_training`: make the built-in voice again, or measure one."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from speecht5_demo.cli import run_command_line

app = typer.Typer(
    no_args_is_help=True, help="Train a small SpeechT5 voice on synthetic speech, or measure one."
)

_RUN_FOLDER = Path("voice_run")


@app.command()
def train(
    minutes: Annotated[
        float, typer.Option(help="Training time. Making data and measuring come on top.")
    ] = 240.0,
    device: Annotated[str, typer.Option(help="auto (a GPU where there is one), cpu or cuda.")] = "auto",
    folder: Annotated[
        Path, typer.Option(help="Where the run lives; the same folder goes on with it.")
    ] = _RUN_FOLDER,
    init: Annotated[Path | None, typer.Option(help="A voice's folder to go on from.")] = None,
    init_vocoder: Annotated[
        Path | None, typer.Option(help="A voice's folder whose vocoder alone to go on from.")
    ] = None,
    keep_vocoder: Annotated[
        bool,
        typer.Option(help="Leave that vocoder as it is; the rest has all the time."),
    ] = False,
    keep_acoustic: Annotated[
        bool,
        typer.Option(help="Leave the acoustic model of --init as it is; the vocoder has all the time."),
    ] = False,
    texts: Annotated[
        int | None, typer.Option(help="Sentences that the teacher reads (default 40,000).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of texts, weights and batches.")] = 1,
    frames_a_step: Annotated[
        int | None,
        typer.Option(
            help="Mel frames a step, 2 or 4 (default: 2, or as the voice gone on from): "
            "4 speaks faster and takes longer to learn."
        ),
    ] = None,
    threads: Annotated[int, typer.Option(help="Processor threads; 0 takes every core.")] = 0,
    listen: Annotated[
        bool, typer.Option(help="Measure with a recogniser; without, measure the folder elsewhere.")
    ] = True,
    miniature: Annotated[
        bool, typer.Option(help="A tiny model on a few sentences: tries the chain.")
    ] = False,
) -> None:
    """Make a voice from nothing: data, vocoder, acoustic model, a folder that the app loads, and its figures.

    Stop it as you like; the same command goes on where it was. The teacher is flite: apt-get install flite.
    """
    import torch

    from speecht5_demo.machine import this_machine
    from voice_training.devices import pick_device, prepare_process
    from voice_training.order import Order
    from voice_training.run import VoiceRun
    from voice_training.settings import MINIATURE, TrainingSettings
    from voice_training.warm_start import in_the_shape_of

    cores = threads or os.cpu_count() or 1
    torch.set_num_threads(cores)
    picked = pick_device(device)
    prepare_process(picked)
    settings = replace(MINIATURE if miniature else TrainingSettings(), minutes=minutes, seed=seed)
    if init is not None:
        settings = replace(settings, acoustic=in_the_shape_of(settings.acoustic, init))
    if frames_a_step is not None:
        settings = replace(settings, acoustic=settings.acoustic.with_frames(frames_a_step))
    if texts is not None:
        settings = replace(settings, texts=texts)
    command = [
        "python",
        "-m",
        "voice_training",
        "train",
        "--minutes",
        f"{minutes:g}",
        "--seed",
        str(seed),
    ]
    command += ["--texts", str(settings.texts), "--device", device]
    command += ["--frames-a-step", str(frames_a_step)] if frames_a_step is not None else []
    command += ["--init", str(init)] if init is not None else []
    command += ["--init-vocoder", str(init_vocoder)] if init_vocoder is not None else []
    command += ["--keep-vocoder"] if keep_vocoder else []
    command += ["--keep-acoustic"] if keep_acoustic else []
    command += ["--miniature"] if miniature else []
    order = Order(
        settings=settings,
        folder=folder,
        device=picked,
        init=init,
        init_vocoder=init_vocoder,
        keep_vocoder=keep_vocoder,
        keep_acoustic=keep_acoustic,
        listen=listen,
        command=shlex.join(command),
        machine=torch.cuda.get_device_name(picked)
        if picked.type == "cuda"
        else f"{this_machine().cpu}, {cores} {'core' if cores == 1 else 'cores'}",
        workers=cores,
    )
    voice = VoiceRun(order, typer.echo).train()
    typer.echo(
        f"The voice is in {voice}. Hear it: python -m speecht5_demo synthesize --checkpoint {voice} ..."
    )


@app.command()
def measure(
    folder: Annotated[Path, typer.Argument(help="A voice's folder.")],
    out: Annotated[Path, typer.Option(help="The JSON file to write.")] = Path("figures.json"),
    card: Annotated[bool, typer.Option(help="Write figures and model card into the folder instead.")] = False,
    sentences: Annotated[int, typer.Option(min=1, help="Harvard sentences a speaker.")] = 100,
    seeds: Annotated[
        int, typer.Option(min=1, help="Times that each sentence is spoken, each with another seed.")
    ] = 3,
    long: Annotated[int, typer.Option(min=0, help="Texts of 150 to 200 characters a speaker.")] = 20,
    blends: Annotated[int, typer.Option(min=0, help="Harvard sentences a blend of two speakers.")] = 10,
    mos: Annotated[bool, typer.Option(help="Predicted opinion scores, by DNSMOS.")] = True,
    threads: Annotated[int, typer.Option(help="Processor threads; 0 takes every core.")] = 0,
) -> None:
    """Measure a voice against its teacher: word errors, predicted MOS, lengths, stops, reading order."""
    import torch

    from voice_training.listening import require_libraries
    from voice_training.measuring import examine_folder, measure_folder
    from voice_training.settings import ExaminationSettings

    require_libraries(mos)
    cores = threads or os.cpu_count() or 1
    torch.set_num_threads(cores)
    work = examine_folder if card else measure_folder
    settings = ExaminationSettings(
        sentences=sentences, seeds=seeds, long_texts=long, blend_sentences=blends, with_mos=mos
    )
    examination = work(folder, settings, cores, torch.device("cpu"), typer.echo)
    for figures in examination.by_speaker:
        wrong, floor = figures.word_errors, figures.teacher_word_errors
        typer.echo(f"{figures.speaker}: word errors {wrong:.1%}, the teacher's {floor:.1%}")
    if not card:
        examination.write(out)
        typer.echo(f"Written to {out}.")


def main() -> None:
    """Run the command line with the exit codes of `speecht5_demo`'s."""
    run_command_line(app)


if __name__ == "__main__":
    main()
