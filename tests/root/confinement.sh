# What daemon and gateway cannot do any more, tried inside the programs as they run: their own system calls,
# by a debugger that is root. Then the same on a kernel without Landlock, without seccomp, with programs
# that are allowed, and with name look-ups that go to a DNS server.

here_python() {
  python3 "$here/lib/$1.py" "${@:2}"
}
# home_with_key NAME: one with something to steal.
home_with_key() {
  new_home "$1"
  mkdir -m 700 "$home/.ssh"
  echo 'a private key' >"$home/.ssh/id"
  chown -R "$owner:$owner" "$home/.ssh"
}
# start_gateway [FILTERS]: one that waits for STS, in $gateway, for 15 s at most.
start_gateway() {
  local least=${1:-4} known
  known=$(gateways)
  sts-emulator fault hang --action GetSessionToken --times 1 >/dev/null
  client unlock "$(sts-emulator code "$device")" >/dev/null 2>&1 &
  unlocking=$!
  until_true 10 eval 'gateway=$(new_gateway "$known")'
  # Confined, and in a system call.
  until_true 10 eval '[ "$(filters "$gateway")" -ge "$least" ]'
}
stop_gateway() {
  kill "$gateway" 2>/dev/null || true
  wait "$unlocking" || true
  sts-emulator fault clear >/dev/null
  sts-emulator advance 90s >/dev/null
}
filters() {
  sed -nE 's/^Seccomp_filters:\s+//p' "/proc/$1/status"
}
# every_thread PID LINE: stands in the status of each of its threads; prints how many there are.
every_thread() {
  local with all
  with=$(grep -lE "$2" /proc/"$1"/task/*/status | wc -l)
  all=$(ls "/proc/$1/task" | wc -l)
  echo "$all threads of process $1: $2"
  ((with == all && all > 0))
}
# probed KIND PID [none]: each operation ends as it must.
probed() {
  here_python probes "$1" "$home" "$sleeper" "$emulator_port" "${@:3}" >"$work/probes.json"
  here_python inject "$2" "$work/probes.json" >"$work/probed" 2>&1
}
in_force() {
  client status --json | python3 -c '
import json, sys
found = json.load(sys.stdin)["confinement"][sys.argv[1]]
print(found["seccomp_filters"], found["landlock_abi"], found["no_new_privileges"])' "$1"
}
says_confinement() {
  client status | grep '^confinement:'
}

home_with_key confinement
emulator_port=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"].rsplit(":", 1)[1].strip("/"))' "$work/emulator.json")
# A process of the same user, for those that look for one.
(exec python3 "$here/lib/as.py" "$owner" sleep infinity) &
sleeper=$!
start_daemon
start_gateway
check 'the gateway tried every operation, and each ended as it must' probed gateway "$gateway"
cat "$work/probed"
check 'every thread of the gateway is filtered' every_thread "$gateway" '^Seccomp:\s+2$'
check 'no thread of it can gain privileges' every_thread "$gateway" '^NoNewPrivs:\s+1$'
stop_gateway
check 'the daemon tried every operation, and each ended as it must' probed daemon "$daemon"
cat "$work/probed"
check 'every thread of the daemon is filtered' every_thread "$daemon" '^Seccomp:\s+2$'
check 'no thread of it can gain privileges' every_thread "$daemon" '^NoNewPrivs:\s+1$'
check 'the daemon goes on as if nothing had been: unlock' unlock
check 'and a role' client whoami deep
says_confinement
check 'status says what is in force' grep -qxE \
  'confinement: daemon seccomp, no new privileges; gateway seccomp, Landlock ABI [0-9]+, no new privileges' <(says_confinement)
check 'status --json says it of the daemon' [ "$(in_force daemon)" = '3 None True' ]
check 'and of the gateway' grep -qE '^6 [0-9]+ True$' <(in_force gateway)

# A name that only a DNS server knows: the gateway has no socket by which to ask the system's own service.
here_python dns "$work/heard" &
dns=$!
until_true 10 says "$work/heard" ready
printf 'nameserver 127.0.0.1\n' >"$work/resolv.conf"
printf 'hosts: files resolve [!UNAVAIL=return] dns\n' >"$work/nsswitch.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf
mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf
client lock >/dev/null
sed -i -E 's|^endpoint_url.*|endpoint_url = https://sts.example.test|' "$home/.aws/config"
until_true 10 grep -q sts.example.test "$home/.local/state/stsd/aws/config"
code=0
unlock >/dev/null 2>&1 || code=$?
check 'an unlock whose STS hangs up is to be tried again (75)' [ "$code" = 75 ]
cat "$work/heard"
check 'the name was asked for by DNS' says "$work/heard" sts.example.test
check 'and the address called, by TLS' says "$work/heard" TLS
gateway=$(newest_gateway)
check 'the thread that looked it up is filtered too' every_thread "$gateway" '^Seccomp:\s+2$'
kill "$dns"
umount /etc/resolv.conf /etc/nsswitch.conf
stop_daemon

# Programs that are allowed run as they would without stsd.
home_with_key allowed
mkdir -p "$home/.config/stsd"
echo 'allow_programs = ["tool"]' >"$home/.config/stsd/config.toml"
cat >"$home/tool" <<'EOP'
#!/bin/sh
grep -E '^(NoNewPrivs|Seccomp_filters):' /proc/self/status >"$HOME/seen"
printf '{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}'
EOP
chmod 755 "$home/tool"
cat >>"$home/.aws/config" <<EOP

[profile tool]
region = eu-central-1
endpoint_url = http://127.0.0.1:7874
credential_process = $home/tool
EOP
chown -R "$owner:$owner" "$home"
start_daemon
check 'the program of an allowed profile is run' client whoami tool
tr '\n' ' ' <"$home/seen" || true; echo
check 'it can gain privileges, and is behind no filter' \
  [ "$(tr -s '\t\n' ' ' <"$home/seen")" = 'NoNewPrivs: 0 Seccomp_filters: 0 ' ]
check 'the gateway that asked for it is confined' grep -qE '^3 [0-9]+ True$' <(in_force gateway)
check 'the daemon is not, and says so' [ "$(in_force daemon)" = '0 None False' ]
says_confinement
gateway=$(newest_gateway)
check 'the gateway tried every operation, and each ended as it must' probed gateway "$gateway"
grep -E 'EXPECTED|expected$' "$work/probed"
stop_daemon

# Older kernels: less is in force, nothing is refused, and status says how much.
# on_a_kernel_without NAMES
on_a_kernel_without() {
  home_with_key "without-$1"
  daemon_runs_under=(python3 "$here/lib/old-kernel.py" "$1")
  start_daemon
  daemon_runs_under=()
}
on_a_kernel_without landlock
start_gateway 5
check 'without Landlock the gateway can read more, and do nothing else' probed gateway "$gateway" none
tail -1 "$work/probed"
stop_gateway
check 'it works' unlock
check 'status says what is in force' grep -qx \
  'confinement: daemon seccomp, no new privileges; gateway seccomp, no new privileges' <(says_confinement)
stop_daemon
on_a_kernel_without seccomp
check 'without seccomp it works' unlock
check 'and Landlock holds alone' grep -qE '^1 [0-9]+ True$' <(in_force gateway)
stop_daemon
on_a_kernel_without landlock,seccomp
check 'without either it works' unlock
# The one filter is that of this test.
check 'and claims nothing' [ "$(in_force gateway)" = '1 None True' ]
stop_daemon
check 'what it costs a gateway at its start is known' eval 'here_python start "$(command -v stsd-gateway)" "$home" "${STSD_STARTS:-50}" >"$work/start" 2>&1'
cat "$work/start"
kill "$sleeper"
