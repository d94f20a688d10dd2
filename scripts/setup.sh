#!/usr/bin/env bash
# Installs what building, the demo and the tests need on Debian or Ubuntu, says what it installs, and is quick when all is there.
# Usage: scripts/setup.sh build|test|bench      Prints nothing but what it does. Writes target/setup/env.sh (PATH for the tools it brought).
set -euo pipefail
cd "$(dirname "$0")/.."
want=${1:-build}
tools=$PWD/target/tools
mkdir -p "$tools" target/setup
say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: missing: %s\n' "$*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else command -v sudo >/dev/null || die "root or sudo, to install packages"; sudo "$@"; fi; }
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# --- Debian packages -------------------------------------------------------------------------------------------------
packages=(build-essential pkg-config libssl-dev ca-certificates curl python3)
[ "$want" = test ] && packages+=(python3-venv chromium systemd postgresql mbpoll libmodbus-dev faketime fonts-liberation openssl testssl.sh nftables iproute2 mosquitto mosquitto-clients snmp snmptrapd smitools tshark openssh-server libhiredis0.14 libmemcached11 libmemcachedutil2 libpcre2-posix3 libwrap0)
# What `make bench` measures beside ours.
[ "$want" = bench ] && packages+=(chromium postgresql iproute2 python3-venv libmodbus-dev libmodbus5 mosquitto collectd-core victoria-metrics)
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # The tests start their own database cluster; the one that Debian would create and start is not wanted.
  as_root mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  # Nor are the services that brokers and rivals bring: each test and measurement starts its own process, and nothing stays behind.
  held=/usr/sbin/policy-rc.d
  if [ "$want" != build ] && [ ! -e $held ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $held >/dev/null && as_root chmod 755 $held
    trap 'as_root rm -f $held' EXIT
  fi
  as_root apt-get update -qq || die "Debian's package registry (apt-get update failed)"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >target/setup/apt.log 2>&1 \
    || { tail -n 20 target/setup/apt.log >&2; die "Debian packages ${missing[*]} (see target/setup/apt.log)"; }
  if [ "$want" != build ] && [ -d /run/systemd/system ]; then
    for service in mosquitto openssh-server collectd victoria-metrics; do
      case " ${missing[*]} " in *" $service"*) as_root systemctl disable --now --quiet "${service/openssh-server/ssh}" 2>/dev/null || true ;; esac
    done
  fi
fi

# --- Rust ------------------------------------------------------------------------------------------------------------
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
[ -f "$HOME/.cargo/env" ] && export PATH="$HOME/.cargo/bin:$PATH"
rust_found=$(rustc --version 2>/dev/null | awk '{print $2}' || true)
if ! at_least "${rust_found:-0}" "$rust_wanted"; then
  if command -v rustup >/dev/null; then
    say "installing Rust (stable) with rustup"
    rustup toolchain install stable --profile minimal --component clippy,rustfmt >&2 && rustup default stable >&2 || die "Rust >= $rust_wanted: rustup cannot reach its server"
  else
    say "installing Rust (stable) with rustup, from rustup.rs, into ~/.cargo"
    curl --proto '=https' --tlsv1.2 -sSf --max-time 60 https://sh.rustup.rs -o target/setup/rustup.sh 2>/dev/null \
      && sh target/setup/rustup.sh -y --profile minimal --component clippy,rustfmt >&2 \
      || die "Rust >= $rust_wanted (found ${rust_found:-none}; Debian's is too old and rustup.rs cannot be reached: install Rust by hand)"
  fi
  export PATH="$HOME/.cargo/bin:$PATH"
  at_least "$(rustc --version | awk '{print $2}')" "$rust_wanted" || die "Rust >= $rust_wanted"
fi
if [ "$want" = test ]; then
  cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1 || rustup component add clippy rustfmt >&2 || die "clippy and rustfmt"
  # Lists of components and licences read every crate of the lock file, also those that nothing here is linked from.
  cargo fetch --quiet --locked || die "crates of Cargo.lock from crates.io"
  if ! cargo nextest --version >/dev/null 2>&1; then
    say "building cargo-nextest from crates.io (once, some minutes)"
    cargo install --locked --quiet cargo-nextest@0.9.143 || die "cargo-nextest from crates.io"
  fi
  if ! cargo deny --version >/dev/null 2>&1; then
    say "building cargo-deny from crates.io (once, some minutes)"
    cargo install --locked --quiet cargo-deny@0.20.2 || die "cargo-deny from crates.io"
  fi
fi

# --- Node.js: only to build the web pages --------------------------------------------------------------------------
node_wanted=20.19.0
extra_path=
node_found=$(node --version 2>/dev/null | tr -d v || true)
if ! at_least "${node_found:-0}" $node_wanted || ! command -v npm >/dev/null; then
  local_node=$tools/node/node_modules/.bin
  if [ ! -x "$local_node/npm" ]; then
    command -v npm >/dev/null || { say "installing Debian's npm, to fetch a newer Node.js with it"; as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >target/setup/apt-npm.log 2>&1 || die "npm"; }
    case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) die "Node.js >= $node_wanted for $(uname -m)" ;; esac
    say "installing Node.js 22 from the npm registry into target/tools (Debian's ${node_found:-none} is older than $node_wanted)"
    npm install --silent --no-fund --no-audit --prefix "$tools/node" "node-linux-$arch@22.23.3" npm@11 >&2 || die "Node.js >= $node_wanted: the npm registry cannot be reached"
    ln -sf "../node-linux-$arch/bin/node" "$local_node/node"
  fi
  extra_path=$local_node:
  export PATH="$local_node:$PATH"
fi
if ! cmp -s web/package-lock.json target/setup/web-lock || [ ! -d web/node_modules ]; then
  say "installing Node modules of web/ (npm ci)"
  npm ci --prefix web --no-fund --no-audit --loglevel=error >&2 || die "Node modules: the npm registry cannot be reached"
  cp web/package-lock.json target/setup/web-lock
fi

# --- Foreign peers for the tests -----------------------------------------------------------------------------
if [ "$want" = test ]; then
  if ! cmp -s tests/peers/requirements.txt target/setup/requirements.txt || [ ! -x "$tools/venv/bin/python" ]; then
    say "installing $(paste -sd' ' tests/peers/requirements.txt) from PyPI into target/tools/venv"
    python3 -m venv "$tools/venv" && "$tools/venv/bin/pip" install --quiet --disable-pip-version-check -r tests/peers/requirements.txt >&2 || die "Python packages of tests/peers/requirements.txt"
    cp tests/peers/requirements.txt target/setup/requirements.txt
  fi
fi

# Servers that exclude each other, or the machine's own, as packages: unpacked beside each other, never installed, and so never started.
servers=(vsftpd proftpd-core proftpd-mod-crypto pure-ftpd pure-ftpd-common nginx victoria-metrics chrony exim4-daemon-light libidn12 libnss-wrapper)
if [ "$want" = test ] && [ "$(cat target/setup/servers 2>/dev/null)" != "${servers[*]}" ]; then
  say "unpacking Debian's ${servers[*]} into target/tools/file-servers"
  rm -rf "$tools/file-servers" target/setup/deb && mkdir -p "$tools/file-servers" target/setup/deb
  (cd target/setup/deb && { apt-get download -qq "${servers[@]}" || { as_root apt-get update -qq && apt-get download -qq "${servers[@]}"; }; } >../apt-download.log 2>&1) \
    || { tail -n 20 target/setup/apt-download.log >&2; die "Debian packages ${servers[*]} (see target/setup/apt-download.log)"; }
  for package in target/setup/deb/*.deb; do dpkg -x "$package" "$tools/file-servers"; done
  rm -rf target/setup/deb
  echo "${servers[*]}" >target/setup/servers
fi

if [ "$want" = test ] || [ "$want" = bench ]; then
  if [ ! -x "$tools/libmodbus-server" ] || [ tests/peers/libmodbus_server.c -nt "$tools/libmodbus-server" ]; then
    say "building the libmodbus peer"
    # shellcheck disable=SC2046
    cc -O2 -Wall -o "$tools/libmodbus-server" tests/peers/libmodbus_server.c $(pkg-config --cflags --libs libmodbus)
  fi
fi

# --- Programs that `make bench` measures beside ours ----------------------------------------------------------------
if [ "$want" = bench ]; then
  rivals=$tools/bench
  mkdir -p "$rivals"
  if [ ! -x "$rivals/loop" ] || [ tools/bench/peers/loop.c -nt "$rivals/loop" ]; then
    say "building the loop on libmodbus"
    # shellcheck disable=SC2046
    cc -O2 -Wall -o "$rivals/loop" tools/bench/peers/loop.c $(pkg-config --cflags --libs libmodbus)
  fi
  if ! cmp -s tools/bench/peers/requirements.txt target/setup/bench-requirements.txt || [ ! -x "$rivals/thingsboard/bin/python" ]; then
    say "installing $(paste -sd' ' tools/bench/peers/requirements.txt) from PyPI into target/tools/bench/thingsboard"
    python3 -m venv "$rivals/thingsboard" && "$rivals/thingsboard/bin/pip" install --quiet --disable-pip-version-check -r tools/bench/peers/requirements.txt >&2 || die "Python packages of tools/bench/peers/requirements.txt"
    cp tools/bench/peers/requirements.txt target/setup/bench-requirements.txt
  fi
  if ! cmp -s tools/bench/peers/package.json "$rivals/node-red/package.json" || [ ! -d "$rivals/node-red/node_modules/node-red" ]; then
    say "installing Node-RED with its Modbus nodes from the npm registry into target/tools/bench/node-red"
    mkdir -p "$rivals/node-red" && cp tools/bench/peers/package.json "$rivals/node-red/" \
      && npm install --prefix "$rivals/node-red" --no-fund --no-audit --omit=dev --loglevel=error >&2 || die "Node-RED: the npm registry cannot be reached"
  fi
fi
printf 'export PATH="%s%s:$PATH"\n' "$extra_path" "$HOME/.cargo/bin" >target/setup/env.sh
