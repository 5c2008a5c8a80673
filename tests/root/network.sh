# A machine without a network: an unlock says so, and the code is good afterwards.

new_home offline
cp -p "$home/.aws/config" "$work/with-endpoint"
sed -i '/^endpoint_url/d' "$home/.aws/config"
start_daemon
check 'control: there is no way out' [ -z "$(ip route show)" ]
code=$(sts-emulator code "$device")
exit_code=0
client unlock "$code" >"$work/said" 2>&1 || exit_code=$?
check 'an unlock without a network is to be tried again (75)' [ "$exit_code" = 75 ]
check 'it says that STS cannot be reached, and that no code was sent' says "$work/said" 'STS cannot be reached, and no code was sent'
check 'it says what to type' says "$work/said" 'run `stsd unlock` again'
cat "$work/said"
cp -p "$work/with-endpoint" "$home/.aws/config"
until_true 10 grep -q 'endpoint_url' "$home/.local/state/stsd/aws/config"
check 'the same code works when STS can be reached' client unlock "$code"
stop_daemon

# Another host, which the kernel lets reach loopback addresses here (route_localnet): what is not bound to the
# loopback device answers it.
new_home inside
start_daemon
ip link add near type veth peer name far
unshare --net sleep infinity &
outside=$!
until_true 10 eval '[ "$(readlink "/proc/$outside/ns/net")" != "$(readlink /proc/self/ns/net)" ]'
ip link set far netns "$outside"
ip address add 10.77.0.1/24 dev near
ip link set near up
echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
from_outside() {
  nsenter --net --target "$outside" "$@"
}
from_outside sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet'
from_outside ip address add 10.77.0.2/24 dev far
from_outside ip link set far up
# Its own loopback device is down, so that the address is to be found elsewhere.
from_outside ip route add 127.0.0.1 via 10.77.0.1 dev far src 10.77.0.2
knocks() {
  from_outside python3 -c '
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10).close()
    print("answered")
except ConnectionRefusedError:
    print("refused")' "$1"
}
python3 -c '
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    listener.accept()' >"$work/plain" &
plain=$!
until_true 10 [ -s "$work/plain" ]
check 'control: a plain listener on 127.0.0.1 answers another host' [ "$(knocks "$(<"$work/plain")")" = answered ]
check "the endpoint's port does not" [ "$(knocks "$port")" = refused ]
kill "$plain" "$outside"
wait "$plain" "$outside" || true
ip link delete near 2>/dev/null || true
stop_daemon
