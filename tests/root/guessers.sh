# A process that tries authorization tokens out, 500 at once, is slowed down; a program of the same user in
# another control group is answered each time.

new_home guessers
start_daemon
unlock >/dev/null
token=$home/.local/state/stsd/authorization-token
mkdir "$work/cgroups"
mount -t cgroup2 none "$work/cgroups"
# The group is not in the namespaces: whatever ends this, the run removes it.
guesser=$work/cgroups/${work##*/}
mkdir "$guesser"

latency() {
  python3 "$here/lib/latency.py" "$owner" "127.0.0.1:$port" "$token" 500 "$@"
}

latency | tee "$work/before"
coproc guesses { python3 "$here/lib/guess.py" "$owner" "127.0.0.1:$port" 10000 "$guesser"; }
pid=$guesses_PID
exec {answers}<&"${guesses[0]}"
read -r ready <&"$answers" || true
check 'somebody tries tokens out' [ "$ready" = ready ]
latency | tee "$work/during"
latency "$guesser" | tee "$work/beside"
read -r outcome <&"$answers"
exec {answers}<&-
wait "$pid" || true
until_true 5 rmdir "$guesser"
umount "$work/cgroups"
printf 'guesses: %s\n' "$outcome"
printf 'another program: %s ms before, %s ms meanwhile at p99\n' \
  "$(field p99_ms <"$work/before")" "$(field p99_ms <"$work/during")"
worst=$(field worst_ms <"$work/during")
printf 'and %s ms at worst\n' "$worst"
answered=$(field answered <<<"$outcome")
check 'each guess came to its end' [ $((answered + $(field reset <<<"$outcome"))) = 10000 ]
# Ten at once, and sixteen a second.
check 'none was answered anything but 401' [ "$(field other <<<"$outcome")" = 0 ]
check 'few were answered' [ "$answered" -le "$(field seconds <<<"$outcome" | awk '{ print int(10 + 16 * ($1 + 2)) }')" ]
check 'the other program was answered each time' [ "$(field failed <"$work/during")" = 0 ]
check 'and so was a right token from the control group of the wrong ones' \
  [ "$(field failed <"$work/beside")" = 0 ]
check 'and within ten seconds, however busy the machine is' \
  awk -v worst="$worst" 'BEGIN { exit !(worst < 10000) }'
check 'the log says that somebody tried' says "$log" 'reset a caller that tries authorization tokens'
stop_daemon
