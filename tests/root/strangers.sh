# Another user with the right authorization token gets not one byte, at no door.

new_home strangers
start_daemon
unlock >/dev/null
token=$home/.local/state/stsd/authorization-token
sockets=$home/run/stsd

version=$(stsd --version)
asks() {
  python3 "$here/lib/stranger.py" "$1" "$2" "$token" "$3" "${version#stsd }"
}

readonly doors=("127.0.0.1:$port" "::1:$port" "::ffff:127.0.0.1:$port" "$sockets/creds.sock" "$sockets/stsd.sock")
for door in "${doors[@]}"; do
  check "the owner is answered at ${door#"$work"}" [ "$(asks "$owner" "$door" 4)" = 'answered 3 good 3' ]
done
check 'the sockets stand in a directory for the owner alone' [ "$(stat -c '%a %u' "$sockets")" = "700 $owner" ]
check 'the sockets are for the owner alone' [ "$(stat -c %a "$sockets"/*.sock | sort -u)" = 600 ]
# From here on the modes let everybody in: the daemon itself must refuse.
chmod 711 "$home" "$home/run" "$sockets"
chmod 666 "$sockets"/*.sock
for uid in "$stranger" 65534 0; do
  for door in "${doors[@]}"; do
    got=$(asks "$uid" "$door" 200)
    check "uid $uid is not answered at ${door#"$work"}, 200 times ($got)" [ "$got" = 'answered 0 good 0' ]
  done
done
check 'the log says that somebody was refused' grep -q 'refused a connection' "$log"
check 'the owner is still answered' [ "$(asks "$owner" "127.0.0.1:$port" 4)" = 'answered 3 good 3' ]
code=0
env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" stsd unlock 123456 2>"$work/said" || code=$?
cat "$work/said"
check 'the client of another user ends with an error' [ "$code" = 1 ]
check 'it sends no code to a daemon that is not his' says "$work/said" 'nothing was sent to it'
check 'nobody but the owner made STS calls' [ "$(sts-emulator journal | grep -c '"GetSessionToken"')" = 1 ]
stop_daemon
