# What the scripts have in common that run as a user under a service manager of his own.

# start_manager: in $manager.
start_manager() {
  /lib/systemd/systemd --user 2>"$XDG_RUNTIME_DIR/log" &
  manager=$!
  until_true 10 systemctl --user is-system-running --quiet || { cat "$XDG_RUNTIME_DIR/log"; return 1; }
}

# everything: each file, folder and link of the home, with its mode and what is in it; but for the audit, which
# a running daemon writes.
everything() {
  (
    cd "$HOME"
    find . -path '*/stsd/audit' -prune -o -printf '%y %m %p %l\n' | sort
    find . -path '*/stsd/audit' -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
  )
}

exits() {
  local wanted=$1 code=0
  shift
  "$@" || code=$?
  ((code == wanted))
}

# said WORDS COMMAND...: the command succeeds, and says this.
said() {
  local words=$1 output
  shift
  output=$("$@" 2>&1) && [[ $output == *"$words"* ]]
}
