# What can be seen of the daemon's and the gateway's memory: nothing by the same user, and nothing that
# is secret by root after a lock. Each search is held against one that must find.

new_home memory
ulimit -c unlimited
start_daemon

readonly secrets=$work/secrets.json
# codes CODE...: what is searched for.
codes() {
  python3 -c 'import json, sys; print(json.dumps({f"token code {n}": code for n, code in enumerate(sys.argv[1:], 1)}))' \
    "$@" >"$work/code.json"
}
scan() {
  python3 "$here/lib/scan.py" "$@"
}
# descriptors PID: what the process has open, as the kernel names it.
descriptors() {
  find "/proc/$1/fd" -type l -printf '%l\n' | sort -u
}
peek() {
  owner_runs python3 "$here/lib/peek.py" "$1"
}

# unheard CODE...: a code to be searched for together with these. A code has six digits, and the tables of
# any program have thousands of such runs: this one is in none.
unheard() {
  local code
  for _ in {1..20}; do
    code=$(sts-emulator code "$device")
    codes "$@" "$code"
    [ -n "$(scan "$work/code.json" "$daemon")" ] || { echo "$code"; return; }
    sts-emulator advance 90s >/dev/null
  done
  echo 'twenty codes stand in the memory before they are typed' >&2
  return 1
}

code=$(unheard)
check 'the token code is not in the memory before it is typed' [ -z "$(scan "$work/code.json" "$daemon")" ]
# An unlock that takes its time: the code is on its way.
sts-emulator fault hang --action GetSessionToken --times 1 >/dev/null
known=$(gateways)
client unlock "$code" >"$work/said" 2>&1 &
unlocking=$!
until_true 10 eval 'gateway=$(new_gateway "$known")'
under_way() {
  [ -n "$(scan "$work/code.json" "$daemon" "$gateway")" ]
}
check 'control: the token code is found while it is on its way' until_true 10 under_way
(exec python3 "$here/lib/as.py" "$owner" sleep infinity) &
plain=$!
until_true 10 eval '[ "$(cat "/proc/$plain/comm")" = sleep ]'
check 'control: the owner can look into a plain process of his' [ "$(peek "$plain")" = 'mem environ maps reads traces steals' ]
check 'the owner cannot look into the daemon' [ -z "$(peek "$daemon")" ]
check 'the owner cannot look into the gateway' [ -z "$(peek "$gateway")" ]
kill "$plain"
check 'the daemon leaves no core' grep -qE '^Max core file size +0 +0 ' "/proc/$daemon/limits"
check 'the gateway leaves no core' grep -qE '^Max core file size +0 +0 ' "/proc/$gateway/limits"
check 'control: the descriptors of both can be seen' eval '
  descriptors "$daemon" | grep -q socket: && descriptors "$gateway" | grep -q socket:'
# Both have wakers of their own, and what this shell has left open for them.
check 'the gateway inherits no descriptor of the daemon but the log and /dev/null' [ -z "$(
  comm -12 <(descriptors "$daemon") <(descriptors "$gateway") |
    grep -vxF -e "$log" -e /dev/null -e 'anon_inode:[eventpoll]' -e 'anon_inode:[eventfd]' -f <(descriptors $$))" ]
wait "$unlocking" || true
sts-emulator fault clear >/dev/null
# That code counts as spent, since nobody knows what STS did with it; so on to the next ones.
sts-emulator advance 60s >/dev/null

next=$(unheard "$code")
client unlock "$next" >/dev/null
client credential-process default >"$work/default.json"
client credential-process deep >"$work/deep.json"
python3 - "$work" >"$secrets" <<'EOP'
import json, sys
work = sys.argv[1]
secrets = {"long-term secret access key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
for name in ("default", "deep"):
    with open(f"{work}/{name}.json", encoding="utf-8") as file:
        held = json.load(file)
    secrets[f"{name}: secret access key"] = held["SecretAccessKey"]
    secrets[f"{name}: session token"] = held["SessionToken"]
json.dump(secrets, sys.stdout)
EOP
found=$(scan "$secrets" "$daemon")
for name in default deep; do
  check "control: the secret access key of $name is found while unlocked" grep -q "^$name: secret access key: .* plain" <<<"$found"
  check "control: the session token of $name is found while unlocked" grep -q "^$name: session token: .* plain" <<<"$found"
done
check 'the long-term key is not in the daemon, even while unlocked' not grep -q '^long-term' <<<"$found"
check 'the token codes are gone when the session is there' [ -z "$(scan "$work/code.json" "$daemon")" ]
client lock >/dev/null
check 'the gateway has ended soon after the lock' until_true 10 eval '[ -z "$(gateways)" ]'
found=$(scan "$secrets" "$daemon"; scan "$work/code.json" "$daemon")
[[ -z $found ]] || printf '%s\n' "$found"
check 'after the lock no secret is in the daemon, in no encoding and no piece of one' [ -z "$found" ]
check 'no secret is in the log' not grep -qF -f <(python3 -c '
import json, sys
for file in sys.argv[1:]:
    print("\n".join(json.load(open(file, encoding="utf-8")).values()))' "$secrets" "$work/code.json") "$log"
written=$(cd "$home" && grep -rlaF -f <(python3 -c '
import json, sys
print("\n".join(json.load(open(sys.argv[1], encoding="utf-8")).values()))' "$secrets") . || true)
check 'the keys stand in no file but the one of the user' [ "$written" = ./.aws/credentials ]
# bash would report how it ended.
disown "$daemon"
kill -ABRT "$daemon"
until_true 10 not test -e "/proc/$daemon"
check 'a daemon that is killed by a signal leaves no core' [ -z "$(find "$home" -name 'core*')" ]
