#!/usr/bin/env bash
# Builds the two web apps when their sources are newer than what was built.
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
for app in webview portal; do
  if [ ! -e "web/$app/dist/index.html" ] || [ -n "$(find web/$app web/ui web/package-lock.json -newer "web/$app/dist/index.html" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/.svelte-kit/*' -print -quit)" ]; then
    printf 'build: web/%s\n' "$app" >&2
    npm run --silent build --prefix web -w "$app" >&2
    touch "web/$app/dist/index.html"
  fi
done
