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
readonly attempts=${STSD_STRANGERS:-20000}
python3 "$here/lib/crowd.py" "$attempts" "$token" "${version#stsd }" "${doors[@]}" | tee "$work/crowd"
crowd() {
  python3 -c '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
print(sum(row[sys.argv[2]] for row in rows))' "$work/crowd" "$1"
}
printf 'strangers: %d connections, %d answered\n' "$(crowd connected)" "$(crowd answered)"
check 'as many strangers came as were sent' [ "$(crowd connected)" = "$attempts" ]
check 'not one was answered' [ "$(crowd answered)" = 0 ]
check 'the log says that somebody was refused' grep -q 'refused a connection' "$log"
check 'the owner is still answered' [ "$(asks "$owner" "127.0.0.1:$port" 4)" = 'answered 3 good 3' ]
code=0
env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" stsd unlock 123456 2>"$work/said" || code=$?
cat "$work/said"
check 'the client of another user ends with an error' [ "$code" = 1 ]
check 'it sends no code to a daemon that is not his' says "$work/said" 'nothing was sent to it'
check 'nobody but the owner made STS calls' [ "$(sts-emulator journal | grep -c '"GetSessionToken"')" = 1 ]

# The owner while nobody disturbs, and while another user holds 15,000 connections and opens each anew that the
# daemon ends.
python3 "$here/lib/latency.py" "$owner" "127.0.0.1:$port" "$token" 1000 | tee "$work/quiet"
coproc flood { python3 "$here/lib/flood.py" "$stranger" "127.0.0.1:$port" 15000; }
read -r ready <&"${flood[0]}"
check 'another user has opened 15,000 connections' [ "$ready" = ready ]
python3 "$here/lib/latency.py" "$owner" "127.0.0.1:$port" "$token" 1000 | tee "$work/flooded"
eval "exec ${flood[1]}>&-"
read -r opened <&"${flood[0]}"
wait "$flood_PID"
printf 'the owner: quiet %s ms, flooded %s ms at p99, by %d connections\n' \
  "$(field p99_ms <"$work/quiet")" "$(field p99_ms <"$work/flooded")" "$opened"
check 'the owner is answered each time meanwhile' [ "$(field failed <"$work/flooded")" = 0 ]
stop_daemon
