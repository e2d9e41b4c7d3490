#!/bin/sh
# What the tests need beside Python: a Chromium and a Firefox to drive, the flite voices that a small voice learns from,
# Postgres and nginx for deployments, and on x86 a compiler for arm64 with an emulator to run what it makes.
# With the argument `flite`, those voices alone: what training a voice by them needs.
# Found where they are there; installed where that is possible; named in one line where it is not.
set -eu

fail() {
    echo "error: $1" >&2
    exit 1
}

has_chromium() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable chrome; do
        if command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    [ -n "${CHROMIUM:-}" ] || ls "$HOME"/.cache/ms-playwright/chromium-* >/dev/null 2>&1
}

# No function may have a program's name: `command -v` finds it.
has_firefox() {
    [ -n "${FIREFOX:-}" ] || command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1 ||
        ls "$HOME"/.cache/ms-playwright/firefox-* >/dev/null 2>&1
}

missing=
[ "${1:-}" = flite ] || has_chromium || missing="chromium"
[ -n "${FLITE_LIBRARIES:-}" ] || ldconfig -p 2>/dev/null | grep -q libflite_cmu_us_slt || missing="$missing libflite1"
if [ "${1:-}" != flite ]; then
    has_firefox || missing="$missing firefox-esr"
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
    command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
fi
if [ "${1:-}" != flite ] && [ "$(uname -m)" = x86_64 ]; then
    command -v qemu-aarch64 >/dev/null 2>&1 || missing="$missing qemu-user"
    command -v aarch64-linux-gnu-g++ >/dev/null 2>&1 || missing="$missing g++-aarch64-linux-gnu"
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing: $missing"
    apt-get update -qq >.venv/apt.log 2>&1 || fail "apt-get could not look for $missing: see .venv/apt.log."
    # Debian's Chromium without windows: the same pages for two thirds of the processor's time.
    if [ "$missing" != "${missing#chromium}" ] && apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        missing="chromium-headless-shell${missing#chromium}"
    fi
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >>.venv/apt.log 2>&1 ||
        fail "apt-get could not install $missing: see .venv/apt.log."
    exit 0
fi
case "$missing" in
*chromium*) .venv/bin/python -m playwright install chromium >.venv/playwright.log 2>&1 && missing=${missing#chromium} ;;
esac
case "$missing" in
*firefox-esr*)
    .venv/bin/python -m playwright install firefox >>.venv/playwright.log 2>&1 &&
        missing=$(echo "$missing" | sed 's/firefox-esr//')
    ;;
esac
missing=$(echo $missing)
[ -z "$missing" ] || fail "needed here: $missing. On Debian and Ubuntu: sudo apt-get install $missing"
