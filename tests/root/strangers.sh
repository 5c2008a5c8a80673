# Another user with the right authorization token gets not one byte, at no door.

version=$(stsd --version)
asks() {
  python3 "$here/lib/stranger.py" "$1" "$2" "$token" "$3" "${version#stsd }"
}

# open_house: an unlocked daemon whose sockets' modes let everybody in: it must refuse by itself.
open_house() {
  start_daemon
  unlock >/dev/null
  token=$home/.local/state/stsd/authorization-token
  sockets=$home/run/stsd
  doors=("127.0.0.1:$port" "::1:$port" "::ffff:127.0.0.1:$port" "$sockets/creds.sock" "$sockets/stsd.sock")
  modes=$(stat -c '%a %u' "$sockets" "$sockets"/*.sock | tr '\n' ' ')
  chmod 711 "$home" "$home/run" "$sockets"
  chmod 666 "$sockets"/*.sock
}

new_home crowd
open_house
check 'the sockets stand in a directory for the owner alone, and are for him alone' \
  [ "$modes" = "700 $owner 600 $owner 600 $owner " ]
readonly attempts=${STSD_STRANGERS:-20000}
python3 "$here/lib/crowd.py" "$attempts" "$token" "${version#stsd }" "${doors[@]}" | tee "$work/crowd.txt"
crowd() {
  python3 -c '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
print(sum(row[sys.argv[2]] for row in rows))' "$work/crowd.txt" "$1"
}
# What the audit counts is whole when the daemon has ended.
stop_daemon
audited() {
  python3 - "$home/.local/state/stsd/audit" "$1" <<'EOP'
import glob, json, sys
records = [json.loads(line) for file in glob.glob(sys.argv[1] + "/*") for line in open(file, encoding="utf-8")]
print(sum(record["count"] for record in records if record["event"] == sys.argv[2]))
EOP
}
printf 'strangers: %d connections, %d answered, %d in the audit\n' \
  "$(crowd connected)" "$(crowd answered)" "$(audited not_admitted)"
check 'as many strangers came as were sent' [ "$(crowd connected)" = "$attempts" ]
check 'not one was answered' [ "$(crowd answered)" = 0 ]
check 'each refusal is in the audit' [ "$(audited not_admitted)" = "$attempts" ]
check 'nothing was handed out, by the audit' [ "$(audited credentials)" = 0 ]
check 'no record of the audit was dropped' [ "$(audited records_dropped)" = 0 ]

new_home strangers
open_house
for door in "${doors[@]}"; do
  check "control: the owner is answered at ${door#"$work"}" [ "$(asks "$owner" "$door" 4)" = 'answered 3 good 3' ]
done
check 'another user is not' [ "$(asks "$stranger" "127.0.0.1:$port" 4)" = 'answered 0 good 0' ]
check 'the log says that somebody was refused' grep -q 'refused a connection' "$log"
check 'the owner is still answered' [ "$(asks "$owner" "127.0.0.1:$port" 4)" = 'answered 3 good 3' ]
code=0
env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" stsd unlock 123456 2>"$work/said" || code=$?
cat "$work/said"
check 'the client of another user ends with an error' [ "$code" = 1 ]
check 'it sends no code to a daemon that is not his' says "$work/said" 'nothing was sent to it'
check 'nobody but the owner made STS calls' [ "$(sts-emulator journal | grep -c '"GetSessionToken"')" = 1 ]

# The owner while nobody disturbs, and while another user keeps opening connections, 15,000 at once if the daemon
# let them be; it ends each.
python3 "$here/lib/latency.py" "$owner" "127.0.0.1:$port" "$token" 1000 | tee "$work/quiet"
coproc flood { python3 "$here/lib/flood.py" "$stranger" "127.0.0.1:$port" 15000; }
# bash forgets all of these when the process ends.
pid=$flood_PID inlet=${flood[1]}
exec {answers}<&"${flood[0]}" {hold}>&"$inlet"
exec {inlet}>&-
read -r ready <&"$answers"
check 'another user has opened 15,000 connections, each ended and opened anew' [ "$ready" = ready ]
python3 "$here/lib/latency.py" "$owner" "127.0.0.1:$port" "$token" 1000 | tee "$work/flooded"
exec {hold}>&-
read -r opened most <&"$answers"
exec {answers}<&-
wait "$pid"
printf 'the owner: quiet %s ms, flooded %s ms at p99, by %d connections, at most %d of them at once\n' \
  "$(field p99_ms <"$work/quiet")" "$(field p99_ms <"$work/flooded")" "$opened" "$most"
check 'the owner is answered each time meanwhile' [ "$(field failed <"$work/flooded")" = 0 ]
stop_daemon
