#!/usr/bin/env bash
# Installs the programs that some tests drive, on Debian and its relatives.
#
# Where it cannot (another system, no root), it says so in one line and succeeds: the tests concerned are
# then skipped, each with its reason. With CI=true it fails instead, so that nothing is skipped unnoticed.
set -u

packages=(
    sigrok-cli  # the stock decoders are oracles of ours; lists what PulseView would load; its demo device records
    pulseview   # shows what `stm32trace pulseview open` writes
    xvfb        # the screen for that
    imagemagick # takes pictures of that screen
    openocd     # talks to the virtual part over SWD
    stm32flash  # talks to it over UART and I2C
    gcc         # builds the library that stands in for parity, modem lines and the kernel's I2C
    libc6-dev
)

cannot() {
    echo "not installed: ${missing[*]} ($1); tests that need them will be skipped" >&2
    [ "${CI:-}" != true ]
    exit
}

installed() {
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

install() {
    as_root apt-get install --yes --quiet --quiet --no-install-recommends "${missing[@]}" >/dev/null
}

missing=()
for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

command -v apt-get >/dev/null || cannot "no apt-get here"
[ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || cannot "neither root nor sudo without a password"

# Package lists are fetched only where those at hand are missing or outdated.
install 2>/dev/null && exit 0
as_root apt-get update --quiet --quiet >/dev/null || cannot "apt-get update failed"
install || cannot "apt-get install failed"
