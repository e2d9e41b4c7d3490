"""onnxruntime, one decoder step with a key-value cache as a graph, Linear layers dynamically quantised to int8.

`peer_onnxruntime.py export CHECKPOINT VOCODER FOLDER` writes the graphs; `peer_onnxruntime.py FOLDER SETTING THREADS`
speaks. Encoder, step and vocoder are graphs of their own; the loop around them is Python. Settings:

    plain      the graphs as they were traced
    optimised  fused before they are quantised, by onnxruntime.transformers.optimizer
    bound      likewise, and the key-value cache stays in the runtime from step to step
"""

import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
from protocol import Ready, Utterance, pin, serve, versions  # type: ignore[import-not-found]

PARTS = ("encoder", "step", "vocoder")

Steps = Generator[Any, tuple[Any, Any, Any], None]
"""Takes a frame, dropout masks and a position, and gives the frames of a step."""


def export(checkpoint: str, vocoder: str, folder: Path) -> None:
    """Trace the graphs and quantise them; the vocoder has no Linear layer and stays as it is."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model as optimise_model
    from torch import nn
    from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

    model = SpeechT5ForTextToSpeech.from_pretrained(checkpoint, attn_implementation="eager").eval()
    generator = SpeechT5HifiGan.from_pretrained(vocoder).eval()
    config = model.config
    heads, size = config.decoder_attention_heads, config.hidden_size // config.decoder_attention_heads
    layers = list(model.speecht5.decoder.wrapped_decoder.layers)

    class Encode(nn.Module):
        """Token ids to each layer's keys and values of the text."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder: Any = model.speecht5.encoder
            self.keys = nn.ModuleList(layer.encoder_attn.k_proj for layer in layers)
            self.values = nn.ModuleList(layer.encoder_attn.v_proj for layer in layers)

        def forward(self, tokens: Any) -> Any:
            # The stack's own forward builds a mask in a way that cannot be traced; one text needs none.
            stack = self.encoder.wrapped_encoder
            hidden = stack.layer_norm(self.encoder.prenet(tokens))
            bias = stack.embed_positions(hidden)
            for layer in stack.layers:
                hidden = layer(hidden, attention_mask=None, position_bias=bias)[0]
            hidden = hidden[0]
            split = [projection(hidden).view(-1, heads, size).transpose(0, 1) for projection in self.keys]
            values = [projection(hidden).view(-1, heads, size).transpose(0, 1) for projection in self.values]
            return torch.stack(split), torch.stack(values)

    class Step(nn.Module):
        """One frame pair from the frame before, the cache and the text."""

        def __init__(self) -> None:
            super().__init__()
            self.prenet, self.post = model.speecht5.decoder.prenet, model.speech_decoder_postnet
            self.layers = nn.ModuleList(layers)

        def attend(self, query: Any, keys: Any, values: Any) -> Any:
            scores = torch.softmax(query @ keys.transpose(1, 2) * size**-0.5, -1)
            return (scores @ values).transpose(0, 1).reshape(1, heads * size)

        def forward(
            self,
            frame: Any,
            masks: Any,
            position: Any,
            speaker: Any,
            keys: Any,
            values: Any,
            ck: Any,
            cv: Any,
        ) -> Any:
            hidden = frame
            for index, dense in enumerate(self.prenet.layers):
                hidden = torch.relu(dense(hidden)) * masks[index]
            hidden = self.prenet.final_layer(hidden) + self.prenet.encode_positions.alpha * position
            hidden = torch.relu(self.prenet.speaker_embeds_layer(torch.cat([hidden, speaker], -1)))
            new_keys, new_values = [], []
            layer: Any
            for index, layer in enumerate(self.layers):
                own, cross = layer.self_attn, layer.encoder_attn
                shape = (1, heads, size)
                key = torch.cat([keys[index], own.k_proj(hidden).view(shape).transpose(0, 1)], 1)
                value = torch.cat([values[index], own.v_proj(hidden).view(shape).transpose(0, 1)], 1)
                new_keys.append(key)
                new_values.append(value)
                query = own.q_proj(hidden).view(shape).transpose(0, 1)
                hidden = layer.self_attn_layer_norm(hidden + own.out_proj(self.attend(query, key, value)))
                query = cross.q_proj(hidden).view(shape).transpose(0, 1)
                mixed = cross.out_proj(self.attend(query, ck[index], cv[index]))
                hidden = layer.encoder_attn_layer_norm(hidden + mixed)
                hidden = layer.final_layer_norm(hidden + layer.feed_forward(hidden))
            made = self.post.feat_out(hidden).view(-1, config.num_mel_bins)
            stop = torch.sigmoid(self.post.prob_out(hidden)).sum()
            return made, stop, torch.stack(new_keys), torch.stack(new_values)

    class Vocode(nn.Module):
        """All frames to samples, through the postnet."""

        def __init__(self) -> None:
            super().__init__()
            self.post, self.generator = model.speech_decoder_postnet, generator

        def forward(self, frames: Any) -> Any:
            return self.generator(self.post.postnet(frames))

    folder.mkdir(parents=True, exist_ok=True)
    count, hidden = len(layers), config.hidden_size
    cache = torch.randn(count, heads, 5, size), torch.randn(count, heads, 5, size)
    text = torch.randn(count, heads, 9, size), torch.randn(count, heads, 9, size)
    units, speaker = config.speech_decoder_prenet_units, torch.randn(1, config.speaker_embedding_dim)
    examples: dict[
        str, tuple[nn.Module, tuple[Any, ...], list[str], list[str], dict[str, dict[int, str]]]
    ] = {
        "encoder": (
            Encode(),
            (torch.randint(4, 30, (1, 9)),),
            ["tokens"],
            ["ck", "cv"],
            {"tokens": {1: "n"}},
        ),
        "step": (
            Step(),
            (
                torch.randn(1, config.num_mel_bins),
                torch.ones(2, units),
                torch.randn(1, hidden),
                speaker,
                *cache,
                *text,
            ),
            ["frame", "masks", "position", "speaker", "keys", "values", "ck", "cv"],
            ["made", "stop", "new_keys", "new_values"],
            {"keys": {2: "t"}, "values": {2: "t"}, "ck": {2: "n"}, "cv": {2: "n"}},
        ),
        "vocoder": (
            Vocode(),
            (torch.randn(1, 50, config.num_mel_bins),),
            ["frames"],
            ["samples"],
            {"frames": {1: "t"}},
        ),
    }
    for name, (module, inputs, names, outputs, axes) in examples.items():
        path = folder / f"{name}.onnx"
        with torch.no_grad():
            torch.onnx.export(
                module.eval(),
                inputs,
                str(path),
                input_names=names,
                output_names=outputs,
                dynamic_axes=axes,
                dynamo=False,
                opset_version=17,
            )
        if name == "vocoder":
            continue
        traced = path.rename(folder / f"traced-{name}.onnx")
        fused = folder / f"fused-{name}.onnx"
        optimise_model(str(traced), num_heads=heads, hidden_size=hidden).save_model_to_file(str(fused))
        for source, target in ((traced, path), (fused, folder / f"optimised-{name}.onnx")):
            quantize_dynamic(
                str(source),
                str(target),
                weight_type=QuantType.QInt8,
                per_channel=True,
                extra_options={"DefaultTensorType": 1},  # float: fused operators tell no type
            )
            source.unlink()
    np.savez(
        folder / "shape.npz",
        sizes=[count, heads, size, units, config.num_mel_bins],
        positions=model.speecht5.decoder.prenet.encode_positions.pe[0].numpy(),
    )


def _files(folder: Path, setting: str) -> dict[str, Path]:
    fused = "" if setting == "plain" else "optimised-"
    return {name: folder / f"{'' if name == 'vocoder' else fused}{name}.onnx" for name in PARTS}


class PeerModel:
    """The loop around the graphs."""

    def __init__(self, folder: Path, setting: str, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._bound = setting == "bound"
        files = _files(folder, setting)
        self.parts = {
            name: onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"])
            for name, file in files.items()
        }
        self.disk_bytes = sum(file.stat().st_size for file in files.values())
        self._value = onnxruntime.OrtValue.ortvalue_from_numpy
        shape = np.load(folder / "shape.npz")
        self.sizes, self.positions = [int(value) for value in shape["sizes"]], shape["positions"]

    def speak(self, characters: int, steps: int) -> Utterance:
        """One utterance of so many tokens and steps."""
        _, _, _, units, bins = self.sizes
        random = np.random.default_rng(0)
        speaker = random.standard_normal((1, 512)).astype(np.float32)
        speaker /= np.linalg.norm(speaker)
        begin = time.perf_counter()
        ck, cv = self.parts["encoder"].run(None, {"tokens": random.integers(4, 35, (1, characters))})
        encoded = time.perf_counter()
        step = self._bound_steps(speaker, ck, cv) if self._bound else self._steps(speaker, ck, cv)
        next(step)
        frame, frames = np.zeros((1, bins), np.float32), []
        for number in range(steps):
            masks = (random.random((2, units)) < 0.5).astype(np.float32) * 2
            made = step.send((frame, masks, self.positions[number : number + 1]))
            frames.append(made)
            frame = made[-1:]
        decoded = time.perf_counter()
        (samples,) = self.parts["vocoder"].run(None, {"frames": np.concatenate(frames)[None]})
        end = time.perf_counter()
        return Utterance(
            encode_s=encoded - begin,
            decode_s=decoded - encoded,
            vocode_s=end - decoded,
            audio_s=samples.size / 16_000,
            steps=steps,
        )

    def _nothing(self) -> Any:
        count, heads, size, _, _ = self.sizes
        return np.zeros((count, heads, 0, size), np.float32)

    def _steps(self, speaker: Any, ck: Any, cv: Any) -> Steps:
        """The cache is handed back as arrays."""
        keys = values = self._nothing()
        made = None
        while True:
            frame, masks, position = yield made
            known = {"speaker": speaker, "keys": keys, "values": values, "ck": ck, "cv": cv}
            inputs = {"frame": frame, "masks": masks, "position": position, **known}
            made, _, keys, values = self.parts["step"].run(None, inputs)

    def _bound_steps(self, speaker: Any, ck: Any, cv: Any) -> Steps:
        """The cache stays in the runtime: an output of one step is bound as an input of the next."""
        session = self.parts["step"]
        known = {"speaker": self._value(speaker), "ck": self._value(ck), "cv": self._value(cv)}
        keys = values = self._value(self._nothing())
        made = None
        while True:
            frame, masks, position = yield made
            binding = session.io_binding()
            for name, value in (*known.items(), ("keys", keys), ("values", values)):
                binding.bind_ortvalue_input(name, value)
            for name, array in (("frame", frame), ("masks", masks), ("position", position)):
                binding.bind_cpu_input(name, np.ascontiguousarray(array))
            for name in ("made", "stop", "new_keys", "new_values"):
                binding.bind_output(name, "cpu")
            session.run_with_iobinding(binding)
            frames, _, keys, values = binding.get_outputs()
            made = frames.numpy()


def main() -> None:
    """See the top of the file."""
    if sys.argv[1] == "export":
        export(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
        return
    folder, setting, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    pin(threads)
    model = PeerModel(folder, setting, threads)
    ready = Ready(
        versions=versions("onnxruntime", "torch", "transformers"),
        disk_bytes=model.disk_bytes,
        note="one step as a graph with a key-value cache; Linear layers int8, vocoder fp32",
    )
    serve(ready, model.speak)


if __name__ == "__main__":
    main()
