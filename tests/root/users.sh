# Two users of one machine who want the same port, and users without what a login brings: each has a daemon
# of their own, or a sentence that says what is in the way and what to type.

own_tmp

# daemon_of UID VARIABLE=VALUE...: in $daemon, its log in $log, its port in $port; with nothing else in its
# environment, and without --listen.
daemon_of() {
  local uid=$1
  shift
  log=$work/daemon-$uid.log
  : >"$log"
  (cd / && exec env -i PATH="$PATH" "$@" python3 "$here/lib/as.py" "$uid" stsd-daemon) 2>"$log" &
  daemon=$!
  until_true 10 grep -q '^stsd-daemon: ready' "$log" || { cat "$log"; return 1; }
  port=$(sed -nE 's/^stsd-daemon: ready on http:.*:([0-9]+)$/\1/p' "$log")
}

# client_of UID VARIABLE=VALUE... -- ARGUMENT...: the client, its words in $work/said and its code in $code.
client_of() {
  local uid=$1 variables=()
  shift
  while [[ $1 != -- ]]; do
    variables+=("$1")
    shift
  done
  shift
  code=0
  env -i PATH="$PATH" "${variables[@]}" python3 "$here/lib/as.py" "$uid" stsd "$@" >"$work/said" 2>&1 || code=$?
}

# works_for UID VARIABLE=VALUE...: a role's credentials by the control socket.
works_for() {
  client_of "$@" -- unlock "$(sts-emulator code "$device")" && [[ $code == 0 ]] || { cat "$work/said"; return 1; }
  client_of "$@" -- whoami prod && [[ $code == 0 ]]
}

new_home first
first=(HOME="$home" XDG_RUNTIME_DIR="$home/run")
cp -a "$home" "$work/second"
chown -R "$stranger:$stranger" "$work/second"
second=(HOME="$work/second" XDG_RUNTIME_DIR="$work/second/run")

daemon_of "$owner" "${first[@]}"
first_daemon=$daemon
check 'the first user has the usual port' [ "$port" = 7873 ]
daemon_of "$stranger" "${second[@]}"
check 'the second user has another port' [ "$port" -gt 1023 -a "$port" != 7873 ]
check 'which is recorded' [ "$(cat "$work/second/.local/state/stsd/port")" = "$port" ]
check 'the first user has credentials' works_for "$owner" "${first[@]}"
check 'the second user has credentials' works_for "$stranger" "${second[@]}"
# As `su` leaves it.
client_of "$stranger" HOME="$work/second" XDG_RUNTIME_DIR="$home/run" -- status
check "another user's runtime directory is no daemon (69)" [ "$code" = 69 ]
check 'its owner is named' says "$work/said" "is closed to you: $home/run belongs to uid $owner, with mode "
check 'and what led there, instead of a way to start a daemon' says "$work/said" 'hint: XDG_RUNTIME_DIR leads there'
cat "$work/said"
chmod 600 "$home/run/stsd"
client_of "$owner" "${first[@]}" -- status
check 'a closed folder of the own is named, with its mode' says "$work/said" "$home/run/stsd is yours, with mode 0600"
check 'and how to open it' says "$work/said" "hint: run \`chmod 700 '$home/run/stsd'\`"
chmod 700 "$home/run/stsd"
client_of "$stranger" "${second[@]}" -- env --format env-no-export prod
check 'the second user is sent to the own port' says "$work/said" "http://127.0.0.1:$port/creds/prod"
second_port=$port
stop_daemon
daemon_of "$stranger" "${second[@]}"
check 'and has it again after a restart' [ "$port" = "$second_port" ]
stop_daemon
daemon=$first_daemon
stop_daemon

# With all its codes unspent.
start_emulator

# The recorded port is taken while no daemon of its user runs.
python3 "$here/lib/as.py" "$stranger" python3 -c '
import socket, time
listener = socket.create_server(("127.0.0.1", 7873))
time.sleep(600)' --password=hunter2 &
taker=$!
until_true 10 eval 'ss -ltn | grep -q 127.0.0.1:7873'
daemon_of "$owner" "${first[@]}"
grep 'taken' "$log" || true
check 'a taken port is an alarm that names the user' grep -qE "127.0.0.1:7873 is taken by (user .* \()?uid $stranger" "$log"
check 'and nothing of what that user runs' not grep -qE 'python|hunter2' "$log"
check 'the recorded port stays the recorded one' [ "$(cat "$home/.local/state/stsd/port")" = 7873 ]
check 'the Unix socket goes on' works_for "$owner" "${first[@]}"
client_of "$owner" "${first[@]}" -- credential-process staging
check 'and so does the view' [ "$code" = 0 ]
client_of "$owner" "${first[@]}" -- env prod
check 'no variable leads to the other user' not says "$work/said" 'FULL_URI=http'
kill "$taker"
wait "$taker" || true
stop_daemon

# cron, su, ssh without PAM: no XDG_RUNTIME_DIR.
bare=(HOME="$home")
daemon_of "$owner" "${first[@]}"
client_of "$owner" "${bare[@]}" -- status
check 'a client without the variable finds the daemon that has it' [ "$code" = 0 ]
code=0
env -i PATH="$PATH" "${bare[@]}" python3 "$here/lib/as.py" "$owner" stsd-daemon >"$work/said" 2>&1 || code=$?
check 'a second daemon without the variable does not start' [ "$code" = 75 ]
check 'and says why' says "$work/said" 'another stsd-daemon is running'
stop_daemon

daemon_of "$owner" "${bare[@]}"
check 'a daemon without the variable has its sockets in /tmp' [ -S "/tmp/stsd-$owner/stsd.sock" ]
check 'in a folder for the owner alone' [ "$(stat -c '%a %u' "/tmp/stsd-$owner")" = "700 $owner" ]
check 'and has credentials' works_for "$owner" "${bare[@]}"
client_of "$owner" -- status
check 'a client without HOME finds it there' [ "$code" = 0 ]
client_of "$owner" "${first[@]}" -- status
check 'a client with the variable finds it too, or says how to start one' [ "$code" = 0 -o "$code" = 69 ]
cat "$work/said"
stop_daemon
rm -rf "/tmp/stsd-$owner"

client_of "$owner" -- status
check 'without HOME and daemon it says how to start one (69)' [ "$code" = 69 ]
check 'with a hint' says "$work/said" 'stsd: hint: start it: '
code=0
env -i PATH="$PATH" python3 "$here/lib/as.py" "$owner" stsd-daemon >"$work/said" 2>&1 || code=$?
check 'a daemon without HOME does not start (78)' [ "$code" = 78 ]
check 'and says what to set' says "$work/said" 'HOME'
cat "$work/said"

# Somebody else was there first.
for mode in 700 777; do
  python3 "$here/lib/as.py" "$stranger" mkdir -m "$mode" "/tmp/stsd-$owner"
  code=0
  env -i PATH="$PATH" "${bare[@]}" python3 "$here/lib/as.py" "$owner" stsd-daemon >"$work/said" 2>&1 || code=$?
  check "another user's folder (mode $mode) in the place of ours is refused (78)" [ "$code" = 78 ]
  check 'and its owner named' says "$work/said" "belongs to another user (uid $stranger)"
  check 'with a way out' grep -q '^stsd-daemon: hint: ' "$work/said"
  cat "$work/said"
  rm -rf "/tmp/stsd-$owner"
done
