# What the groups stand on: a user, a home, an emulator and a daemon. Everything runs in namespaces of
# their own, so nothing of it outlives the run, and its network is a loopback device and nothing else.

readonly owner=1001 stranger=1002
readonly device=arn:aws:iam::111122223333:mfa/alice

as() {
  python3 "$here/lib/as.py" "$@"
}

# own_tmp: a /tmp that nobody else writes to, with what is there of this run; the repository may stand in the other one.
own_tmp() {
  [[ $here != "$work/root-tests" ]] || return 0
  cp -r "$here" "$work/root-tests"
  here=$work/root-tests
  cd /
  mount --bind "$work" /mnt
  mount -t tmpfs -o mode=1777 tmpfs /tmp
  mkdir -p "$work"
  mount --move /mnt "$work"
}

# new_home NAME: a home for the owner with the AWS files of the emulator's world, in $home, and an emulator
# whose codes are all unspent.
new_home() {
  home=$work/$1
  start_emulator
  mkdir -p "$home/.aws" "$home/run"
  sts-emulator config >"$home/.aws/config"
  sts-emulator credentials >"$home/.aws/credentials"
  chmod 700 "$home/run"
  chmod 600 "$home/.aws/credentials"
  chown -R "$owner:$owner" "$home"
}

# owner_runs COMMAND...: as the owner, with nothing in the environment but where his files are.
owner_runs() {
  env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" STSD_LOG=trace \
    python3 "$here/lib/as.py" "$owner" "$@"
}

client() {
  owner_runs stsd "$@"
}

start_emulator() {
  if [[ -n ${emulator-} ]]; then
    kill "$emulator"
    wait "$emulator" || true
  fi
  rm -f "$work/emulator.json"
  sts-emulator >"$work/emulator.json" &
  emulator=$!
  until_true 10 [ -s "$work/emulator.json" ]
}

# What the daemon is started by, as root.
daemon_runs_under=()

# gateways: the daemon's, the oldest first.
gateways() {
  cat "/proc/$daemon/task/$daemon/children"
}
# new_gateway KNOWN: one that is not among those. An unlock with a code begins one, and the one before stays for
# some seconds.
new_gateway() {
  comm -13 <(xargs -n 1 <<<"$1" | sort) <(xargs -n 1 <"/proc/$daemon/task/$daemon/children" | sort) | grep -m 1 .
}
# newest_gateway
newest_gateway() {
  awk '{ print $NF }' "/proc/$daemon/task/$daemon/children"
}

# start_daemon: in $daemon, its port in $port, its log in $log.
start_daemon() {
  log=$home.log
  : >"$log"
  # Away from the repository, and where the owner could leave a core.
  (cd "$home" && exec env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" STSD_LOG=trace \
    "${daemon_runs_under[@]}" python3 "$here/lib/as.py" "$owner" stsd-daemon --listen 127.0.0.1:0) 2>"$log" &
  daemon=$!
  until_true 10 grep -q '^stsd-daemon: ready' "$log" || { cat "$log"; return 1; }
  port=$(sed -nE 's/^stsd-daemon: ready on http:.*:([0-9]+)$/\1/p' "$log")
}

stop_daemon() {
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" || true
}

unlock() {
  client unlock "$(sts-emulator code "$device")"
}

# says FILE WORDS: the file holds these words.
says() {
  grep -qF -- "$2" "$1"
}
